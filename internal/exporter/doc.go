// Package exporter takes contracts out of segproof: as one JavaScript file that judges
// events inside of Segment, and as a tracking plan.
//
// What leaves judges as the validator does, or is refused with the place of what it
// cannot say.
package exporter
