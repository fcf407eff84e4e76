package mockserver

import (
	"context"
	"errors"
	"time"
)

// Follow hands what has arrived behind a cursor to take, piece by piece in the order of
// arrival, until ctx or the server ends, and returns ctx's error or
// [http.ErrServerClosed]. Unlike a loop around Next it misses nothing that is reset: a
// Reset waits, for at most ten seconds, until take has returned for all that came before.
// So take must not call Reset, nor send events and wait for their answers.
func (s *Server) Follow(ctx context.Context, after Cursor, take func(Arrivals)) error {
	f := &following{seen: after}
	s.journal.join(f)
	defer s.journal.leave(f)
	for {
		got, err := s.Next(ctx, f.seen)
		if err != nil {
			return err
		}
		take(got)
		s.journal.caughtUp(f, got.Cursor)
	}
}

// following is one Follow under way.
type following struct {
	seen Cursor // written by its goroutine, with the journal's mu held
}

// followPatience is how long a reset waits for those who follow.
const followPatience = 10 * time.Second

func (j *journal) join(f *following) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.followers == nil {
		j.followers = map[*following]bool{}
	}
	j.followers[f] = true
}

func (j *journal) leave(f *following) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.followers, f)
	j.wakeResets()
}

func (j *journal) caughtUp(f *following, seen Cursor) {
	j.mu.Lock()
	defer j.mu.Unlock()
	f.seen = seen
	j.wakeResets()
}

// wakeResets has those who reset look again whether they have to wait. The caller holds mu.
func (j *journal) wakeResets() {
	if j.caught != nil {
		close(j.caught)
		j.caught = nil
	}
}

// errUnseen says that those who follow have not seen what is to be reset.
var errUnseen = errors.New("not everything was seen")

// behind returns nil if all who follow have seen what is stored of a scope, else a channel
// that is closed when one of them has got on.
func (j *journal) behind(in scopeFilter) (<-chan struct{}, error) {
	j.mu.Lock()
	following := len(j.followers) > 0
	j.mu.Unlock()
	if !following {
		return nil, nil
	}
	last, err := j.store.last(in)
	if err != nil {
		return nil, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for f := range j.followers {
		if f.seen.Record < last.Record || f.seen.Request < last.Request {
			if j.caught == nil {
				j.caught = make(chan struct{})
			}
			return j.caught, nil
		}
	}
	return nil, nil
}

// awaitFollowers waits until those who follow have seen what is stored of a scope, or
// until the deadline. What arrives meanwhile they may not have seen.
func (j *journal) awaitFollowers(in scopeFilter, deadline time.Time) error {
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	for {
		caught, err := j.behind(in)
		if caught == nil || err != nil {
			return err
		}
		select {
		case <-caught:
		case <-timer.C:
			return nil
		}
	}
}
