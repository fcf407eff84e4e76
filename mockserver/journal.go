package mockserver

import (
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// queueLength is how many requests may wait for the journal; more are refused with 503.
const queueLength = 1024

// groupLength is how many requests are stored in one transaction at most: with a file,
// they share one wait for the disk.
const groupLength = 512

// journal keeps what arrived. One goroutine writes it, in groups; all methods may be
// called by many goroutines.
type journal struct {
	store *store
	log   *limitedLog
	limit bounds
	judge bool // records get findings: there is a Checker
	queue chan *entry
	stop  chan struct{} // closed to end the writer
	ended chan struct{} // closed when the writer has
	ahead int64         // the writer's: bytes that the log may be ahead of the database

	patience time.Duration // how long a reset waits for those who follow

	mu      sync.Mutex // guards all below
	level   level
	counts  map[string]tally
	last    map[string]lastRefused // the last request refused, by scope, if that is counted
	trouble error                  // why the last group could not be stored; nil if it was
	broken  bool                   // the disk failed such that nothing may be written until a restart
	changed chan struct{}          // closed at the next change; nil if nobody waits
	closed  bool                   // nothing more will arrive
	resets  int                    // so that a wait notices that it has to start again
	stopped bool                   // close was called

	followers map[*following]bool
	caught    chan struct{} // closed when one of the followers has got on; nil if the writer does not wait
}

// entry is what the writer does in one step: add a request, or reset, or neither, to see
// whether the store can be written.
type entry struct {
	req     *Request
	records []Record
	reset   *scopeFilter
	unseen  bool       // reset also what those who follow have not seen, and say so
	done    chan error // gets one value; has room for it
}

// lastRefused is what is to be told of a request that was refused. It is not the Request,
// whose body may be all that the journal has room for.
type lastRefused struct {
	seq          int64
	method, path string // cut where they are too long
	status       int
	code         string
}

func refusedLast(req *Request) lastRefused {
	return lastRefused{req.Seq, Shorten(req.Method), Shorten(quoted(req.Path)), req.Status, req.Code}
}

// openJournal opens the journal that opts ask for.
func openJournal(opts Options, log *limitedLog) (*journal, error) {
	file := opts.Data
	st, err := openStore(file)
	if err != nil {
		return nil, err
	}
	limit := bounds{opts.Capacity, opts.CapacityBytes}
	if limit.records <= 0 {
		limit.records = DefaultCapacity
	}
	if limit.bytes <= 0 {
		limit.bytes = DefaultCapacityBytes
	}
	j := &journal{
		store: st, log: log, limit: limit, judge: opts.Checker != nil,
		queue: make(chan *entry, queueLength), stop: make(chan struct{}), ended: make(chan struct{}),
		last: map[string]lastRefused{}, patience: followPatience,
	}
	if j.level, j.counts, err = st.level(); err != nil {
		return nil, errors.Join(fmt.Errorf("journal %s: %w", file, explainStore(err)), st.close())
	}
	go j.write()
	return j, nil
}

// add keeps one request and its records, all at once: a reader sees all events of a
// batch or none. It returns when they are stored, and has set their sequence numbers;
// nobody may change them afterwards. An error is a [*refusal], and nothing is stored.
func (j *journal) add(req *Request, records []Record) error {
	return j.do(&entry{req: req, records: records})
}

// reset forgets what a scope holds. It comes after every add that has returned, and
// before every one that begins later. It waits for those who follow here, and not in the
// writer, where all who send would wait too; after a while it goes on without them, and
// returns ErrUnseen.
func (j *journal) reset(in scopeFilter) error {
	deadline := time.Now().Add(j.patience)
	for {
		e := &entry{reset: &in, unseen: !time.Now().Before(deadline)}
		err := j.do(e)
		if err == ErrUnseen {
			j.log.error("a reset forgets what was not shown yet")
		}
		if err != errBehind {
			return err
		}
		if err := j.awaitFollowers(in, deadline); err != nil {
			return err
		}
	}
}

func (j *journal) do(e *entry) error {
	e.done = make(chan error, 1)
	select {
	case j.queue <- e:
	default:
		return tooBusy.because("the journal has too many requests waiting")
	}
	select {
	case err := <-e.done:
		return err
	case <-j.ended:
		select {
		case err := <-e.done: // the writer's last group
			return err
		default:
			return storeFailed.because("the server is shutting down")
		}
	}
}

// write is the writer's goroutine.
func (j *journal) write() {
	defer close(j.ended)
	for {
		select {
		case first := <-j.queue:
			j.writeGroup(j.group(first))
		case <-j.stop:
			for len(j.queue) > 0 {
				j.writeGroup(j.group(<-j.queue))
			}
			return
		}
	}
}

// group takes what else is waiting. A reset is a group of its own.
func (j *journal) group(first *entry) []*entry {
	group := []*entry{first}
	for len(group) < groupLength && first.reset == nil {
		select {
		case next := <-j.queue:
			if next.reset != nil {
				j.writeGroup(group)
				return []*entry{next}
			}
			group = append(group, next)
		default:
			return group
		}
	}
	return group
}

// writeGroup stores a group and tells those who wait. What fails as a group is tried
// one by one, so that one entry cannot fail the others; a disk that is full or broken
// fails them all.
func (j *journal) writeGroup(group []*entry) {
	var unread map[*following]int
	if e := group[0]; e.reset != nil {
		var err error
		if unread, err = j.mayReset(e); err != nil {
			e.done <- err
			return
		}
	}
	err := j.commit(group)
	if err != nil && len(group) > 1 && !diskTrouble(err) {
		for _, e := range group {
			j.writeGroup([]*entry{e})
		}
		return
	}
	var told error // what entries that are done get
	if err == nil {
		told = j.forget(unread)
	}
	j.settle(group, err)
	for _, e := range group {
		if err != nil {
			e.done <- storeRefusal(err)
			continue
		}
		e.done <- told
	}
	if err == nil {
		j.checkpoint(group)
	}
}

// checkpointBytes is how far the log may run ahead of the database before it is moved
// there, and groupBytes what a group writes besides its bodies, in bytes, about.
const (
	checkpointBytes = 4 << 20
	groupBytes      = 40 << 10
)

// checkpoint moves the log into the database now and then, after the answers have left.
// SQLite would do so by itself, and keep it to itself if that fails: but after a failed
// fsync of the database, a second one may succeed without its pages, and then the log,
// which has them, is written anew.
func (j *journal) checkpoint(group []*entry) {
	j.ahead += groupBytes
	for _, e := range group {
		if e.req != nil {
			j.ahead += int64(len(e.req.Body))
		}
	}
	if j.ahead < checkpointBytes {
		return
	}
	j.ahead = 0
	if err := j.store.checkpoint(); err != nil {
		j.suffer("journal cannot move its log", err)
	}
}

// suffer notes trouble with the disk.
func (j *journal) suffer(what string, err error) {
	j.mu.Lock()
	j.broken = j.broken || fsyncFailed(err)
	j.mu.Unlock()
	j.log.error(what, "err", err) // a slow log must hold up nobody who reads
}

// commit stores a group in one transaction.
func (j *journal) commit(group []*entry) error {
	j.mu.Lock()
	b, broken := batchWrite{level: j.level, counts: map[string]tally{}, judged: j.judge}, j.broken
	known := len(j.counts)
	j.mu.Unlock()
	if broken {
		return errBroken
	}
	if group[0].reset == nil {
		if err := j.store.hasRoom(); err != nil {
			return err
		}
	}
	var forgotten []string
	err := j.store.update(func(w *writer) error {
		b.tx = w
		if err := b.writeAll(group, j.limit); err != nil {
			return err
		}
		var err error
		forgotten, err = b.forget(known)
		return err
	})
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.level = b.level
	if in := group[0].reset; in != nil {
		j.resets++
		j.forgetCounts(*in)
	}
	for scope, t := range b.counts {
		j.counts[scope] = j.counts[scope].plus(t)
	}
	for _, scope := range forgotten {
		j.forgetCounts(scopeFilter{name: scope})
	}
	return nil
}

// writeAll does what the entries of a group ask for.
func (b *batchWrite) writeAll(group []*entry, limit bounds) error {
	for _, e := range group {
		if e.reset != nil {
			return b.reset(*e.reset)
		}
		if e.req == nil {
			if err := b.probe(); err != nil {
				return err
			}
			continue
		}
		if err := b.add(e.req, e.records); err != nil {
			return err
		}
	}
	if err := b.prune(limit); err != nil {
		return err
	}
	return b.finish()
}

// settle notes how a group ended, and tells those who wait to look again.
func (j *journal) settle(group []*entry, err error) {
	if err == nil && group[0].reset != nil {
		if err := j.store.shrink(); err != nil {
			j.suffer("journal cannot give space back", err)
		}
	}
	if err != nil {
		j.suffer("journal cannot be written", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.trouble = err; err != nil {
		return
	}
	for _, e := range group {
		if e.req == nil || !e.req.refused() {
			continue
		}
		if _, counted := j.counts[e.req.Scope]; counted {
			j.last[e.req.Scope] = refusedLast(e.req)
		}
	}
	j.wake()
}

// forgetCounts forgets the counts of a scope, or of all. The caller holds mu.
func (j *journal) forgetCounts(in scopeFilter) {
	if in.all {
		clear(j.counts)
		clear(j.last)
		return
	}
	delete(j.counts, in.name)
	delete(j.last, in.name)
}

var errBroken = errors.New("the disk failed to make an earlier write last; restart the server once it is repaired")

// fsyncFailed reports whether the disk could not promise that a write will last. Linux
// then forgets the pages it could not write, so that a second try would succeed without
// them: nothing is written any more.
func fsyncFailed(err error) bool {
	switch sqliteCode(err) {
	case sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC:
		return true
	}
	return false
}

// diskTrouble reports whether an error is about the disk, and not about what was to be
// written.
func diskTrouble(err error) bool {
	if errors.Is(err, errDiskFull) || errors.Is(err, errBroken) {
		return true
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return true
	}
	return false
}

// tally returns the counts of a scope, or of all together.
func (j *journal) tally(in scopeFilter) tally {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.tallyLocked(in)
}

func (j *journal) tallyLocked(in scopeFilter) tally {
	if !in.all {
		return j.counts[in.name]
	}
	var sum tally
	for t := range maps.Values(j.counts) {
		sum = sum.plus(t)
	}
	return sum
}

// ready says why the journal cannot take anything; nil if it can. After a write that
// failed it tries another, of nothing new: else only a sender could find out that the
// disk is well again, and who waits for ready sends none.
func (j *journal) ready() error {
	j.mu.Lock()
	trouble, broken := j.trouble, j.broken
	j.mu.Unlock()
	switch {
	case broken:
		return storeRefusal(errBroken)
	case trouble == nil:
		return nil
	}
	return j.do(&entry{})
}

// end says that nothing more will arrive. What is there stays readable.
func (j *journal) end() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	j.wake()
}

// close stores what is waiting, ends the writer and closes the database.
func (j *journal) close() error {
	j.end()
	j.mu.Lock()
	first := !j.stopped
	j.stopped = true
	j.mu.Unlock()
	if first {
		close(j.stop)
	}
	<-j.ended
	return j.store.close()
}
