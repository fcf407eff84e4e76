package mockserver_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"segproof/mockserver"
)

// In a test, one line starts the fake Segment and the end of the test closes it.
func ExampleStart() {
	TestCheckout := func(t *testing.T) {
		srv := mockserver.Start(t, mockserver.Options{})
		buy(srv.URL(), "book") // the code under test, with the fake as its Segment
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		records, err := srv.Wait(ctx, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := records[0].Event.Name; got != "Order Completed" {
			t.Errorf("event = %q, want Order Completed", got)
		}
	}
	_ = TestCheckout // go test runs it where it has a name of its own
}

// buy stands for a program that sends.
func buy(segment, _ string) {
	resp, err := http.Post(segment+"/v1/track", "application/json", strings.NewReader(`{"type":"track","event":"Order Completed"}`))
	if err == nil {
		resp.Body.Close()
	}
}

func ExampleListen() {
	srv, err := mockserver.Listen(mockserver.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	body := `{"type":"track","event":"Order Completed","userId":"u1","writeKey":"k"}`
	resp, err := http.Post(srv.URL()+"/v1/track", "application/json", strings.NewReader(body))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
	records, err := srv.Records()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, rec := range records {
		fmt.Println(rec.Seq, rec.WriteKey, rec.Event.Type, rec.Event.Name)
	}
	// Output:
	// 200 OK
	// 1 k track Order Completed
}
