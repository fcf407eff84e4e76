package compat_test

import (
	"fmt"
	"testing"

	"segproof/compat"
)

// BenchmarkCompare compares catalogs of 300 contracts with 30 properties each, of which
// none, or every tenth, has changed.
func BenchmarkCompare(b *testing.B) {
	catalogOf := func(root string, every int) []string {
		var pairs []string
		for i := range 300 {
			kind := "integer"
			if every > 0 && i%every == 0 {
				kind = "string"
			}
			members := ""
			for p := range 30 {
				members += fmt.Sprintf(`"p%d":{"type":"string","maxLength":%d},`, p, p+1)
			}
			pairs = append(pairs, fmt.Sprintf("own/%s%d.json", "c", i), track(fmt.Sprintf("%d", i), `{"properties":{`+members+`"last":{"type":"`+kind+`"}},"required":["p0"]}`))
		}
		return pairs
	}
	prev := catalog(b, "prev", catalogOf("prev", 0)...)
	for _, every := range []int{0, 10} {
		next := catalog(b, "next", catalogOf("next", every)...)
		b.Run(fmt.Sprintf("every=%d", every), func(b *testing.B) {
			for b.Loop() {
				compat.Compare(prev, next, compat.Options{})
			}
		})
	}
}
