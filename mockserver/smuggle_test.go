package mockserver_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"segproof/mockserver"
)

// TestRequestsThatTwoServersReadDifferently is S36: what a proxy in front could take for
// one request and the server for two. Each is refused with 400, or read as the RFC says,
// and the connection ends; no second request is found in it.
func TestRequestsThatTwoServersReadDifferently(t *testing.T) {
	const hidden = "POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
	for _, tt := range []struct{ name, head string }{
		{"two lengths", "Content-Length: 2\r\nContent-Length: 40\r\n"},
		{"a list of lengths", "Content-Length: 2, 40\r\n"},
		{"a negative length", "Content-Length: -2\r\n"},
		{"a length with a sign", "Content-Length: +2\r\n"},
		{"an encoding that is not chunked", "Transfer-Encoding: xchunked\r\n"},
		{"two encodings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"},
		{"a space before the colon", "Content-Length : 2\r\n"},
		{"a control character in a name", "X\x00A: b\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := mockserver.Start(t, mockserver.Options{})
			got := rawStatuses(t, srv, "POST /v1/track HTTP/1.1\r\nHost: x\r\n"+tt.head+"\r\n{}"+hidden)
			if len(got) != 1 || got[0] != 400 && got[0] != 501 {
				t.Errorf("answers %v, want a single 400 (501 for an encoding)", got)
			}
			if n := len(recordsOf(t, srv)); n != 0 {
				t.Errorf("%d events are recorded", n)
			}
		})
	}
}

// TestBareLineFeeds has lines that end without a carriage return. Between the fields of a
// header RFC 9112, 2.2 lets a server take one for the end of a line, and each server does;
// in a chunked body some do not, and find another length.
func TestBareLineFeeds(t *testing.T) {
	const body = `{"event":"A"}`
	for _, tt := range []struct {
		name, text string
		want       []int
		records    int
	}{
		{"in the header", "POST /v1/track HTTP/1.1\nHost: x\nContent-Length: 13\nConnection: close\n\n" + body, []int{200}, 1},
		{"behind the size of a chunk", "POST /v1/track HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nd\n" + body + "\r\n0\r\n\r\n", []int{400}, 0},
		{"in the extension of a chunk", "POST /v1/track HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nd;a=\nb\r\n" + body + "\r\n0\r\n\r\n", []int{400}, 0},
		{"behind a chunk", "POST /v1/track HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n" + body + "\n0\r\n\r\n", []int{400}, 0},
	} {
		srv := mockserver.Start(t, mockserver.Options{})
		got := rawStatuses(t, srv, tt.text)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: answers (-want +got):\n%s", tt.name, diff)
		}
		if n := len(recordsOf(t, srv)); n != tt.records {
			t.Errorf("%s: %d events are recorded, want %d", tt.name, n, tt.records)
		}
	}
}

// TestChunkedWinsAndTheConnectionEnds has both, which RFC 9112, 6.3 allows a server to
// read so if it closes the connection.
func TestChunkedWinsAndTheConnectionEnds(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	const body = `{"event":"A"}`
	got := rawStatuses(t, srv, fmt.Sprintf("POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body))
	if diff := cmp.Diff([]int{200}, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if records := recordsOf(t, srv); len(records) != 1 || string(records[0].Event.Raw) != body {
		t.Errorf("records = %+v, want the chunked body", records)
	}
}

// rawStatuses sends bytes and returns the statuses of all answers, until the server closes
// the connection or says nothing more.
func rawStatuses(t *testing.T, srv *mockserver.Server, text string) (statuses []int) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(srv.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewReader(conn)
	for {
		resp, err := http.ReadResponse(answers, nil)
		if err != nil {
			return statuses
		}
		_, _ = io.Copy(io.Discard, resp.Body) // the next answer comes behind it
		resp.Body.Close()
		statuses = append(statuses, resp.StatusCode)
	}
}

// TestAClockThatJumpsChangesNoOrder is S26: the clock goes an hour back and a day ahead
// between events. Order, what is dropped, waits and duplicates go by sequence.
func TestAClockThatJumpsChangesNoOrder(t *testing.T) {
	start := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	jumps := make(chan time.Duration, 100)
	srv := mockserver.Start(t, mockserver.Options{Capacity: 3, Now: func() time.Time { return start.Add(<-jumps) }})
	c := newClient(t, srv)
	for i, jump := range []time.Duration{0, -time.Hour, 24 * time.Hour, -time.Hour, 0} {
		jumps <- jump
		c.post("/v1/track", fmt.Sprintf(`{"event":"E%d","messageId":"m%d"}`, i, i/4))
	}
	if _, err := srv.All().WaitFor(soon(t), mockserver.Await{Count: mockserver.AtLeast(3), Quiet: 10 * time.Millisecond}); err != nil {
		t.Error(err)
	}
	var got []string
	for _, rec := range recordsOf(t, srv) {
		got = append(got, fmt.Sprintf("%d %s %v, duplicate of %d", rec.Seq, rec.Event.Name, rec.ReceivedAt.Sub(start), rec.DuplicateOf))
	}
	want := []string{"3 E2 24h0m0s, duplicate of 1", "4 E3 -1h0m0s, duplicate of 1", "5 E4 0s, duplicate of 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if srv.Lost() != 2 {
		t.Errorf("%d lost, want the two oldest", srv.Lost())
	}
}
