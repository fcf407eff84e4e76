package mockserver

import "fmt"

// maxNesting is how deeply the arrays and objects of a body may nest; a deeper one is
// refused with too_deep. Segment documents no limit. An event that is deeper than
// event.MaxDepth and passes here is taken, and the checker has its say.
const maxNesting = 1000

// maxBatchCost is how much memory, in bytes, the events of one batch may take; more is
// refused with payload_too_large. Whoever works with an event copies the envelope's context
// into it, so that 130 KB of body would be 1 GB of work. The largest batch that Segment
// takes (2,500 events in 500 KB) fits with 6 KB of shared context. The limit is ours.
const maxBatchCost = 16 << 20

// eventCost is what an event takes in memory besides its text, in bytes, for
// maxBatchCost.
const eventCost = 512

// extent is how large a body will be once it is decoded. It is measured before the
// body is known to be JSON; for what is none, it is some number.
type extent struct {
	depth  int // the deepest nesting
	items  int // elements of the arrays that the body's object holds: its batch
	shared int // bytes outside of those arrays: the envelope, of which context and integrations are copied
}

func measure(body []byte) extent {
	var x extent
	depth, open := 0, 0 // open is where the array began that the object holds
	x.shared = len(body)
	inBatch := false
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '"':
			for i++; i < len(body) && body[i] != '"'; i++ {
				if body[i] == '\\' {
					i++
				}
			}
		case '[', '{':
			if depth++; depth == 2 && body[i] == '[' {
				inBatch, open = true, i
				x.items++
			}
			x.depth = max(x.depth, depth)
		case ']', '}':
			if depth == 2 && inBatch {
				inBatch = false
				x.shared -= i - open
			}
			depth--
		case ',':
			if depth == 2 && inBatch {
				x.items++
			}
		}
	}
	return x
}

// checkNesting refuses a body that nests too deeply.
func checkNesting(body []byte) error {
	return measure(body).checkNesting()
}

// checkBatch refuses a batch that nests too deeply or would need too much memory, and
// one for whose events there is no room in the budget: 60 KB of body can be 30,000 events.
func checkBatch(body []byte, held *holding) error {
	x := measure(body)
	if err := x.checkNesting(); err != nil {
		return err
	}
	if cost := x.items * (eventCost + x.shared); cost > maxBatchCost {
		return tooLarge.because(fmt.Sprintf("the batch takes %d bytes once its context and integrations are copied into each event; "+
			"this server takes %d", cost, maxBatchCost))
	}
	// The events hold what they share once; one at a time is worked with.
	return held.charge(int64(x.items*eventCost + x.shared))
}

func (x extent) checkNesting() error {
	if x.depth > maxNesting {
		return tooDeep.because(fmt.Sprintf("the body nests %d deep; this server takes %d", x.depth, maxNesting))
	}
	return nil
}
