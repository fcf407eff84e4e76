package inclusion

import (
	"context"
	"testing"
)

// BenchmarkDecide judges a change of an event in both directions, proof and witness.
func BenchmarkDecide(b *testing.B) {
	const prev = `{"type":"object","properties":{"type":{"const":"track"},"event":{"const":"Cart Viewed"},"properties":{"type":"object",
		"properties":{"cart":{"type":"string","maxLength":40},"items":{"type":"integer","minimum":0},"kind":{"enum":["web","app"]}},"required":["cart"]}},
		"required":["type","event","properties"]}`
	const next = `{"type":"object","properties":{"type":{"const":"track"},"event":{"const":"Cart Viewed"},"properties":{"type":"object",
		"properties":{"cart":{"type":"string","maxLength":64},"items":{"type":"number"},"kind":{"enum":["web","app","till"]}}}},
		"required":["type","event"]}`
	one, err := Compile([]byte(prev), "")
	if err != nil {
		b.Fatal(err)
	}
	other, err := Compile([]byte(next), "")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if Decide(context.Background(), one, other, Options{}).Kind != Safe || Decide(context.Background(), other, one, Options{}).Kind != Breaking {
			b.Fatal("other verdicts than safe and breaking")
		}
	}
}
