package event_test

import (
	"fmt"
	"strings"
	"testing"

	"segproof/event"
)

// benchEvent returns an event of about 1 KB, as an SDK sends it.
func benchEvent(i int) string {
	return fmt.Sprintf(`{"type":"track","event":"Order Completed","messageId":"ajs-next-1700000000000-%08d","userId":"user-%d","anonymousId":"0f4f1c5e-6d0b-4f1e-9c7e-2f6f1d1a5b3c",`+
		`"timestamp":"2026-11-23T12:00:00.000Z","sentAt":"2026-11-23T12:00:01.000Z",`+
		`"properties":{"orderId":"o-%d","total":12.90,"currency":"EUR","coupon":null,"products":[{"sku":"a-1","name":"Notebook","price":5.5,"quantity":2},{"sku":"b-2","name":"Stift, grün","price":1.9,"quantity":1}]},`+
		`"context":{"ip":"192.0.2.1","locale":"de-DE","timezone":"Europe/Berlin","userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",`+
		`"page":{"path":"/cart","search":"?utm_source=mail","title":"Warenkorb","url":"https://shop.example.com/cart?utm_source=mail"},"protocols":{"event_version":2}},`+
		`"integrations":{"All":true},"_metadata":{"bundled":["Segment.io"],"unbundled":[],"bundledIds":[]}}`, i, i%50, i)
}

func BenchmarkDecode(b *testing.B) {
	var items []string
	for i := range 100 {
		items = append(items, benchEvent(i))
	}
	for _, bench := range []struct {
		name, text string
		events     int
	}{
		{"OneEvent", benchEvent(1), 1},
		{"BatchOf100", `{"batch":[` + strings.Join(items, ",") + `],"sentAt":"2026-11-23T12:00:01Z",` +
			`"context":{"library":{"name":"analytics-go","version":"3.0.0"}},"integrations":{}}`, 100},
	} {
		b.Run(bench.name, func(b *testing.B) {
			text := []byte(bench.text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				events, err := event.Decode(text, event.Place{Line: 1, Column: 1})
				if err != nil || len(events) != bench.events {
					b.Fatalf("Decode = %d events, %v; want %d", len(events), err, bench.events)
				}
			}
		})
	}
}
