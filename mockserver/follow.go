package mockserver

import (
	"context"
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
	j.wakeWriter()
}

func (j *journal) caughtUp(f *following, seen Cursor) {
	j.mu.Lock()
	defer j.mu.Unlock()
	f.seen = seen
	j.wakeWriter()
}

// wakeWriter has the writer look again whether it has to wait. The caller holds mu.
func (j *journal) wakeWriter() {
	if j.caught != nil {
		close(j.caught)
		j.caught = nil
	}
}

// behind returns nil if all who follow have seen what is stored, else a channel that is
// closed when one of them has got on.
func (j *journal) behind() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	for f := range j.followers {
		if f.seen.Record < j.level.record || f.seen.Request < j.level.request {
			if j.caught == nil {
				j.caught = make(chan struct{})
			}
			return j.caught
		}
	}
	return nil
}

// awaitFollowers waits until those who follow have seen what is stored.
func (j *journal) awaitFollowers() {
	timer := time.NewTimer(followPatience)
	defer timer.Stop()
	for {
		caught := j.behind()
		if caught == nil {
			return
		}
		select {
		case <-caught:
		case <-timer.C:
			j.log.error("a reset forgets what was not shown yet")
			return
		}
	}
}
