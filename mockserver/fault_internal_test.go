package mockserver

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestNoFaultHidesThatNothingWasRecorded answers for a journal that could not keep the
// events: no fault may turn that into a 200.
func TestNoFaultHidesThatNothingWasRecorded(t *testing.T) {
	for _, answer := range []Answer{{}, {Status: 200}, {Status: 201, Body: new("ok")}, {Do: DoReset}, {Do: DoHalf}, {Do: DoSlow}} {
		w := httptest.NewRecorder()
		h := &hit{answer: answer, ended: make(chan struct{})}
		h.respond(w, httptest.NewRequest(http.MethodPost, "/v1/track", nil), func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, "disk full")
		})
		if w.Code != 503 || w.Body.String() != "disk full" || w.Header().Get("Retry-After") != "1" {
			t.Errorf("%+v: got %d %q, want the 503", answer, w.Code, w.Body)
		}
	}
}

// TestBodiesAreGivenBackOnce releases at the end of a wait, and again at the end of the
// request.
func TestBodiesAreGivenBackOnce(t *testing.T) {
	var b budget
	h := holding{budget: &b}
	if _, err := io.ReadAll(h.metered(strings.NewReader("four"))); err != nil || b.held.Load() != 4 {
		t.Fatalf("%d bytes held, error %v; want 4", b.held.Load(), err)
	}
	h.release()
	h.release()
	if got := b.held.Load(); got != 0 {
		t.Errorf("%d bytes held after two releases, want 0", got)
	}
}

// TestFaultsKeepHeadersSetBefore has a header that a browser needs on every answer.
func TestFaultsKeepHeadersSetBefore(t *testing.T) {
	for _, answer := range []Answer{{Status: 429}, {Do: DoHalf}, {Status: 204}} {
		w := httptest.NewRecorder()
		w.Header().Set("Access-Control-Allow-Origin", "*")
		h := &hit{answer: answer, ended: make(chan struct{})}
		h.respond(w, httptest.NewRequest(http.MethodPost, "/v1/track", nil), func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, "{}")
		})
		if got := w.Result().Header.Get("Access-Control-Allow-Origin"); got != "*" {
			t.Errorf("%+v: Access-Control-Allow-Origin = %q, want *", answer, got)
		}
	}
}
