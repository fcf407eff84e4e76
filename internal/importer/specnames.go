package importer

import "slices"

// isSpecEvent reports whether the Segment Spec documents an event of that name.
//
// Source: segment.com/docs/connections/spec/ (ecommerce v2, video, mobile, B2B SaaS,
// email, live chat, A/B testing)
func isSpecEvent(name string) bool {
	return slices.Contains([]string{
		"Products Searched", "Product List Viewed", "Product List Filtered", "Promotion Viewed", "Promotion Clicked", "Product Clicked", "Product Viewed",
		"Product Added", "Product Removed", "Cart Viewed", "Checkout Started", "Checkout Step Viewed", "Checkout Step Completed", "Payment Info Entered",
		"Order Completed", "Order Updated", "Order Refunded", "Order Cancelled", "Coupon Entered", "Coupon Applied", "Coupon Denied", "Coupon Removed",
		"Product Added to Wishlist", "Product Removed from Wishlist", "Wishlist Product Added to Cart", "Product Shared", "Cart Shared", "Product Reviewed",
		"Video Playback Started", "Video Playback Paused", "Video Playback Interrupted", "Video Playback Buffer Started", "Video Playback Buffer Completed",
		"Video Playback Seek Started", "Video Playback Seek Completed", "Video Playback Resumed", "Video Playback Completed", "Video Playback Exited",
		"Video Content Started", "Video Content Playing", "Video Content Completed", "Video Ad Started", "Video Ad Playing", "Video Ad Completed", "Video Quality Updated",
		"Application Installed", "Application Opened", "Application Backgrounded", "Application Foregrounded", "Application Updated", "Application Uninstalled",
		"Application Crashed", "Install Attributed", "Push Notification Received", "Push Notification Tapped", "Push Notification Bounced", "Deep Link Opened", "Deep Link Clicked",
		"Account Created", "Account Deleted", "Signed Up", "Signed In", "Signed Out", "Invite Sent", "Account Added User", "Account Removed User", "Trial Started", "Trial Ended",
		"Email Bounced", "Email Delivered", "Email Link Clicked", "Email Marked as Spam", "Email Opened", "Unsubscribed",
		"Live Chat Conversation Started", "Live Chat Conversation Ended", "Live Chat Message Sent", "Live Chat Message Received", "Experiment Viewed",
	}, name)
}
