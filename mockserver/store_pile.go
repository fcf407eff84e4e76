package mockserver

// heldRequest is a request and how many bytes it holds.
type heldRequest struct{ seq, bytes int64 }

// pile is what the requests of one scope hold.
type pile struct {
	scope    string
	bytes    int64
	requests []heldRequest // in the order of making room
}

func (p *pile) add(r heldRequest) {
	p.bytes += r.bytes
	p.requests = append(p.requests, r)
}

// take takes the next one off the pile, which must have one.
func (p *pile) take() heldRequest {
	r := p.requests[0]
	p.bytes -= r.bytes
	p.requests = p.requests[1:]
	return r
}

// pileHeap has the largest pile at its top. It is a [heap.Interface].
type pileHeap []*pile

// Len returns how many piles there are.
func (h pileHeap) Len() int { return len(h) }

// Less orders piles by what they hold, the largest first; of two alike by name, so that
// the same input loses the same. An empty one is last.
func (h pileHeap) Less(i, j int) bool {
	a, b := h[i], h[j]
	switch {
	case (len(a.requests) == 0) != (len(b.requests) == 0):
		return len(b.requests) == 0
	case a.bytes != b.bytes:
		return a.bytes > b.bytes
	}
	return a.scope < b.scope
}

// Swap changes the places of two piles.
func (h pileHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push adds a pile.
func (h *pileHeap) Push(x any) { *h = append(*h, x.(*pile)) }

// Pop takes the last pile off.
func (h *pileHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
