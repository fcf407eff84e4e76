package mockserver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"segproof/event"
	"segproof/finding"
	"segproof/internal/yamlfile"
)

// A wait ends after defaultWait unless it asks for another time, and after maxWait at
// the latest.
const (
	defaultWait = 5 * time.Second
	maxWait     = 10 * time.Minute
)

// waitJSON is the body of POST wait.
type waitJSON struct {
	Scope   *string  `yaml:"scope"` // absent: all
	Where   Where    `yaml:"where"`
	Count   *Count   `yaml:"count"`
	Quiet   jsonTime `yaml:"quiet"`
	Timeout jsonTime `yaml:"timeout"`
}

// jsonTime is a duration as Go writes it: "200ms", "5s".
type jsonTime time.Duration

// UnmarshalJSON reads a duration.
func (d *jsonTime) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf(`got %s, want a time such as "200ms" or "5s"`, text)
	}
	t, err := time.ParseDuration(s)
	if err != nil || t < 0 || t > maxWait {
		return fmt.Errorf(`got %q, want a time such as "200ms" or "5s", at most %v`, s, maxWait)
	}
	*d = jsonTime(t)
	return nil
}

// waitFor answers POST wait.
func (s *Server) waitFor(c *call) error {
	body, err := c.body()
	if err != nil {
		return err
	}
	if err := event.CheckSyntax(body); err != nil { // Decode would take what follows the first value
		return badParameter.because("the body is not exactly one JSON value")
	}
	want := waitJSON{Timeout: jsonTime(defaultWait)}
	if err := yamlfile.Decode("wait", body, &want); err != nil { // which names the place, and what may have been meant
		return badParameter.because("the body is not what a wait is: " + err.Error())
	}
	scope := s.All()
	if want.Scope != nil {
		if !isScopeOrNone(*want.Scope) {
			return errNoScope
		}
		scope = s.Scope(*want.Scope)
	}
	ctx, cancel := c.lasting(s, time.Duration(want.Timeout))
	defer cancel()
	records, err := scope.WaitFor(ctx, Await{want.Where, want.Count, time.Duration(want.Quiet)})
	if missed, ok := errors.AsType[*AwaitError](err); ok {
		if s.ending.Err() != nil {
			return shuttingDown.because("the server is shutting down")
		}
		return c.missed(missed)
	}
	if invalid, ok := errors.AsType[*InvalidError](err); ok {
		return badParameter.because("where: " + invalid.Error())
	}
	if err != nil {
		return err
	}
	return c.records(http.StatusOK, records, func(b *bytes.Buffer) { b.WriteString(`,"met":true`) })
}

// lasting returns a context for a call that may take as long as d. It ends with the
// client and with the server too.
func (c *call) lasting(s *Server, d time.Duration) (context.Context, context.CancelFunc) {
	// A writer that has no deadline has none to extend.
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(d + writeTimeout))
	ctx, cancel := context.WithTimeout(c.r.Context(), d)
	stop := context.AfterFunc(s.ending, cancel)
	return ctx, func() { stop(); cancel() }
}

// missed answers a wait that was not met: how many came, and the nearest with how they
// differ.
func (c *call) missed(e *AwaitError) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"met":false,"seen":%d,"message":`, e.Seen)
	message, err := encode(e.Error())
	if err != nil {
		return err
	}
	b.Write(message)
	b.WriteString(`,"near":[`)
	for i, n := range e.Near {
		if i > 0 {
			b.WriteByte(',')
		}
		differences, err := encode(n.Differences)
		if err != nil {
			return err
		}
		b.WriteString(`{"record":`)
		if err := appendRecord(&b, n.Record); err != nil {
			return err
		}
		fmt.Fprintf(&b, `,"differences":%s}`, differences)
	}
	b.WriteString("]}")
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(http.StatusRequestTimeout)
	_, _ = c.w.Write(b.Bytes()) // as in finish
	return nil
}

// expect answers POST expect: the findings of an expectation file's content.
func (s *Server) expect(c *call) error {
	body, err := c.body()
	if err != nil {
		return err
	}
	expectations, found := ParseExpectations("expect", body)
	if len(found) > 0 {
		return c.json(http.StatusBadRequest, map[string]any{"ok": false, "findings": found})
	}
	scope := s.All()
	switch {
	case c.query.Has("scope"):
		scope = s.Scope(c.query.Get("scope"))
	case expectations.Scope() != "":
		scope = s.Scope(expectations.Scope())
	}
	found, err = scope.Judge(expectations)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, map[string]any{"ok": holds(found), "findings": append([]finding.Finding{}, found...)})
}

// streamPause is how long a stream is silent before it says that it is alive, and
// streamPatience how long a reader may take for one piece.
const (
	streamPause    = 15 * time.Second
	streamPatience = 10 * time.Second
)

// stream answers GET stream: records as server-sent events, each with its Seq as the
// event's ID. A browser that reconnects names the last one, and misses nothing.
func (s *Server) stream(c *call) error {
	after, err := c.number("after", 0, 0, 1<<62)
	if err != nil {
		return err
	}
	if last, err := strconv.ParseInt(c.r.Header.Get("Last-Event-ID"), 10, 64); err == nil {
		after = last
	}
	after = min(after, s.Last().Record) // that of a server before this one, whose numbers begin anew
	c.w.Header().Set("Content-Type", "text/event-stream")
	if err := c.send(": records follow\n\n"); err != nil {
		return nil // the reader is gone
	}
	scope := &Scope{s, c.scope()}
	cursor := Cursor{Record: after, Request: s.Last().Request}
	for {
		ctx, cancel := c.lasting(s, streamPause)
		got, err := scope.Next(ctx, cursor)
		cancel()
		cursor = got.Cursor
		switch {
		case err == nil:
			err = c.sendArrivals(got)
		case s.ending.Err() != nil || c.r.Context().Err() != nil || !errors.Is(err, context.DeadlineExceeded):
			return nil
		default:
			err = c.send(": still here\n\n")
		}
		if err != nil {
			return nil
		}
	}
}

// send writes a piece of a stream.
func (c *call) send(text string) error {
	control := http.NewResponseController(c.w)
	// A writer that has no deadline has none to extend.
	_ = control.SetWriteDeadline(time.Now().Add(streamPatience))
	if _, err := c.w.Write([]byte(text)); err != nil {
		return err
	}
	return control.Flush()
}

// streamPiece is how many bytes of a stream are written at once, about: a reader that
// stands still is to cost no more than that, and what it is shown.
const streamPiece = 32 << 10

// sendArrivals writes records as server-sent events.
func (c *call) sendArrivals(got Arrivals) error {
	var b, data bytes.Buffer
	if got.Missed > 0 {
		fmt.Fprintf(&b, "event: lost\ndata: {\"lost\":%d}\n\n", got.Missed)
	}
	// Line breaks can only be between the tokens of JSON; a reader puts them back.
	lines := strings.NewReplacer("\r\n", "\ndata: ", "\n", "\ndata: ", "\r", "\ndata: ")
	for _, rec := range got.Records {
		data.Reset()
		if err := appendRecord(&data, rec); err != nil {
			return err
		}
		fmt.Fprintf(&b, "id: %d\nevent: record\ndata: %s\n\n", rec.Seq, lines.Replace(data.String()))
		if b.Len() >= streamPiece {
			if err := c.send(b.String()); err != nil {
				return err
			}
			b.Reset()
		}
	}
	return c.send(b.String())
}
