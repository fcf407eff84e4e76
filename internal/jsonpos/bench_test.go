package jsonpos_test

import (
	"strings"
	"testing"

	"segproof/internal/jsonpos"
)

// BenchmarkNearest looks in the largest batch that Segment takes: for what stands at its
// end, and for what is missing there.
func BenchmarkNearest(b *testing.B) {
	item := `{"type":"track","event":"Order Completed","userId":"user-1","properties":{"orderId":"o-1","total":12.90,"products":[{"sku":"a","price":5.5}]}},`
	text := []byte(`{"batch":[` + strings.Repeat(item, 3400) + `{}],"context":{"library":{"name":"x"}}}`)
	for _, bench := range []struct{ name, pointer, want string }{
		{"Found", "/context/library/name", "/context/library/name"},
		{"Missing", "/properties/tutorialId", ""},
		{"InBatch", "/batch/3300/properties/total", "/batch/3300/properties/total"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, reached := jsonpos.Nearest(text, bench.pointer); reached != bench.want {
					b.Fatalf("Nearest reached %q, want %q", reached, bench.want)
				}
			}
		})
	}
}
