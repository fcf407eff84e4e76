// Package e2e holds Segment's own SDKs against the fake Segment: analytics-go,
// @segment/analytics-node, @segment/analytics-react-native, and @segment/analytics-next
// in Chromium, imported from npm and loaded by a snippet. make e2e runs it.
//
// What counts is what the server has recorded: no test believes an SDK that it has
// delivered. Nor does any sleep; they wait as users do, by the server's wait route.
//
// It is a module of its own, so that a browser's driver and a bundler are no business of
// whoever imports segproof.
package e2e
