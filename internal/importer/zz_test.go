package importer

import (
	"fmt"
	"os"
	"testing"
)

func TestZZ(t *testing.T) {
	f := os.Getenv("PAGE")
	if f == "" {
		t.Skip()
	}
	b, _ := os.ReadFile(f)
	p := &page{doc: &Document{File: f}}
	p.source = prepare(p, f, b)
	p.readBlocks()
	p.readSamples()
	for _, s := range p.sections {
		fmt.Println(s.level, s.title.text, s.anchor, len(s.tables), len(s.samples), len(s.texts))
		for _, x := range s.samples {
			fmt.Println("    ", x.call, x.name, x.strict)
		}
	}
}
