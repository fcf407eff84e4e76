package mockserver

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// logPause is how long a kind of log line rests after it was written; what happens
// meanwhile is counted and told by the next line of its kind.
const logPause = time.Second

// limitedLog writes at most one line a second of each kind. Its methods may be called
// by many goroutines.
//
// Callers pass text and numbers of their own: what a sender sent does not belong in a
// log, because a write key or a person's data could be in it.
type limitedLog struct {
	logger *slog.Logger
	mu     sync.Mutex // guards kinds
	kinds  map[string]*logKind
}

type logKind struct {
	next    time.Time // no line before
	skipped int       // lines not written since the last one
}

func newLimitedLog(logger *slog.Logger) *limitedLog {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &limitedLog{logger: logger, kinds: map[string]*logKind{}}
}

// error writes a line about a fault of our own. The message is the kind.
func (l *limitedLog) error(message string, args ...any) {
	l.write(slog.LevelError, message, message, args)
}

// warn writes a line about what a sender did. The kinds of code are limited apart.
func (l *limitedLog) warn(message, code string, args ...any) {
	l.write(slog.LevelWarn, message, message+" "+code, append([]any{"code", code}, args...))
}

func (l *limitedLog) write(level slog.Level, message, kind string, args []any) {
	skipped, ok := l.admit(kind)
	if !ok {
		return
	}
	if skipped > 0 {
		args = append(args, "skipped", skipped)
	}
	l.logger.Log(context.Background(), level, message, args...)
}

// admit reports whether a line of this kind is due, and how many were skipped before.
func (l *limitedLog) admit(kind string) (skipped int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.kinds[kind]
	if k == nil {
		k = &logKind{}
		l.kinds[kind] = k
	}
	now := time.Now() // monotonic; Options.Now may stand still
	if now.Before(k.next) {
		k.skipped++
		return 0, false
	}
	skipped = k.skipped
	*k = logKind{next: now.Add(logPause)}
	return skipped, true
}

// httpLog is the writer of net/http's own log. net/http says there that it cannot
// accept, for example for want of file descriptors.
type httpLog struct{ log *limitedLog }

// Write takes one line of net/http's.
func (h httpLog) Write(line []byte) (int, error) {
	first, _, _ := strings.Cut(string(line), "\n") // a stack may follow
	if strings.Contains(first, "panic serving") {
		first = "http: panic serving" // its value may hold what was sent
	}
	h.log.error("http server", "said", first)
	return len(line), nil
}
