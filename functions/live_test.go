package functions_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/functions"
)

func TestLiveAsksTheHostsThatWereNamed(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.Method+" "+r.URL.String()+" "+r.Header.Get("X-A")+" "+string(body))
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/end", http.StatusFound)
			return
		}
		w.Header().Set("X-B", "2")
		fmt.Fprintf(w, "hello")
	}))
	host := strings.TrimPrefix(server.URL, "http://")
	source := `
async function onTrack(event) {
  const tell = async (...args) => { try { const r = await fetch(...args); return [r.status, r.headers.get("x-b"), await r.text(), r.redirected].join(); } catch (e) { return e.code; } };
  return [
    await tell("http://HOST/x?y=1", { method: "POST", headers: { "X-A": "1" }, body: "sent" }),
    await tell("http://HOST/moved"),
    await tell("http://other.example/"),
  ];
}`
	f, err := functions.Load(context.Background(), "f.js", strings.ReplaceAll(source, "HOST", host), functions.Options{Responder: functions.NewLive(nil, host)})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	run := func() functions.Result {
		res, err := f.Run(context.Background(), functions.Invocation{Input: []byte(`{"type":"track"}`)})
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	res := run()
	if diff := cmp.Diff(`["200,2,hello,false","200,2,hello,true","UNMATCHED"]`, string(res.Returned)); diff != "" {
		t.Errorf("returned (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"POST /x?y=1 1 sent", "GET /moved  ", "GET /end  "}, got); diff != "" {
		t.Errorf("requests that arrived (-want +got):\n%s", diff)
	}
	if n := len(res.Unmatched()); n != 1 {
		t.Errorf("%d requests are unmatched, want that to other.example", n)
	}
	server.Close()
	if res := run(); !strings.Contains(string(res.Returned), `"ECONNREFUSED"`) {
		t.Errorf("returned %s when the server was gone, want ECONNREFUSED", res.Returned)
	}
}
