package mockserver_test

import (
	"fmt"
	"strings"
	"testing"

	"segproof/mockserver"
)

// The benchmarks go through a real connection: their times and allocations hold the
// client's part too.

func BenchmarkTrack(b *testing.B) {
	srv := mockserver.Start(b, mockserver.Options{})
	c := newClient(b, srv)
	body := benchEvent(1)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if a := c.post("/v1/track", body); a.Status != 200 {
			b.Fatal(a.Status)
		}
	}
}

func BenchmarkGzipBatchOf100(b *testing.B) {
	srv := mockserver.Start(b, mockserver.Options{})
	c := newClient(b, srv)
	var items []string
	for i := range 100 {
		items = append(items, benchEvent(i))
	}
	text := `{"batch":[` + strings.Join(items, ",") + `],"sentAt":"2026-11-23T12:00:00Z","context":{"library":{"name":"analytics-go","version":"3.0.0"}}}`
	body := gzipped(text)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if a := c.post("/v1/batch", body, "Content-Encoding", "gzip"); a.Status != 200 {
			b.Fatal(a.Status)
		}
	}
	b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// benchEvent returns an event of the size that senders send.
func benchEvent(i int) string {
	return fmt.Sprintf(`{"type":"track","event":"Order Completed","messageId":"m-%d","userId":"user-%d","timestamp":"2026-11-23T12:00:00.000Z",`+
		`"properties":{"orderId":"o-%d","total":12.90,"currency":"EUR","products":[{"sku":"a","price":5.5,"quantity":2},{"sku":"b","price":1.9,"quantity":1}]},`+
		`"context":{"ip":"192.0.2.1","locale":"de-DE","page":{"path":"/cart","url":"https://example.com/cart"}},"integrations":{"All":true}}`, i, i%50, i)
}
