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
// What it forgets unseen after that is counted in Arrivals.Forgotten, and Reset returns
// [ErrUnseen]. So take must not call Reset, nor send events and wait for their answers.
func (s *Server) Follow(ctx context.Context, after Cursor, take func(Arrivals)) error {
	f := &following{seen: after, read: after}
	s.journal.join(f)
	defer s.journal.leave(f)
	for {
		got, err := s.Next(ctx, f.seen)
		if err != nil {
			return err
		}
		got.Forgotten = s.journal.hasRead(f, got.Cursor)
		take(got)
		s.journal.caughtUp(f, got.Cursor)
	}
}

// following is one Follow under way. The journal's mu guards its fields.
type following struct {
	seen      Cursor // taken up to here
	read      Cursor // read up to here, and not forgotten any more
	forgotten int    // of what was behind read when it was reset, and not told yet
}

// followPatience is how long a reset waits for those who follow.
const followPatience = 10 * time.Second

// ErrUnseen is what a reset ends with that was done, though those who follow had not seen
// all of what it forgot. What they report lacks it.
var ErrUnseen = errors.New("it is reset, but not all of it had been seen by those who follow, such as the report of serve and exec: they did not keep up")

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

// hasRead notes how far a follower has read, and returns what was forgotten before it
// could be.
func (j *journal) hasRead(f *following, to Cursor) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	forgotten := f.forgotten
	f.read, f.forgotten = to, 0
	return forgotten
}

// mayReset returns errBehind if a reset has to wait, else how much of what it forgets each
// of those who follow has not read: nothing, unless e is not to wait any more. The writer
// calls it, so that nothing arrives meanwhile.
func (j *journal) mayReset(e *entry) (unread map[*following]int, err error) {
	caught, err := j.behind(*e.reset)
	switch {
	case err != nil || caught == nil:
		return nil, err
	case !e.unseen:
		return nil, errBehind
	}
	unread = map[*following]int{}
	j.mu.Lock()
	read := map[*following]Cursor{}
	for f := range j.followers {
		read[f] = f.read
	}
	j.mu.Unlock()
	for f, at := range read {
		if unread[f], err = j.store.countAfter(*e.reset, at); err != nil {
			return nil, err
		}
	}
	return unread, nil
}

// forget notes for those who follow what was reset before they read it. It returns
// ErrUnseen if that is anything.
func (j *journal) forget(unread map[*following]int) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	var unseen error
	for f, n := range unread {
		if f.forgotten += n; n > 0 {
			unseen = ErrUnseen
		}
	}
	return unseen
}

// wakeResets has those who reset look again whether they have to wait. The caller holds mu.
func (j *journal) wakeResets() {
	if j.caught != nil {
		close(j.caught)
		j.caught = nil
	}
}

// errBehind is the writer's answer to a reset that has to wait for those who follow.
var errBehind = errors.New("those who follow are behind")

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
