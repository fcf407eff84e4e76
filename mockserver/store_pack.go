package mockserver

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"segproof/finding"
)

// packedFinding is a finding as the journal keeps it, with its excerpt, whose bytes may
// be no UTF-8.
type packedFinding struct {
	finding.Finding
	Text          []byte `json:"excerpt,omitempty"`
	Start, Length int    `json:",omitempty"`
	Before, After bool   `json:",omitempty"`
}

func packed(findings []finding.Finding) []packedFinding {
	list := make([]packedFinding, len(findings))
	for i, f := range findings {
		x := f.Excerpt
		list[i] = packedFinding{f, []byte(x.Text), x.Start, x.Length, x.Before, x.After}
	}
	return list
}

func unpacked(list []packedFinding) []finding.Finding {
	var findings []finding.Finding
	for _, p := range list {
		p.Finding.Excerpt = finding.Excerpt{Text: string(p.Text), Start: p.Start, Length: p.Length, Before: p.Before, After: p.After}
		findings = append(findings, p.Finding)
	}
	return findings
}

// chunkRecords is how many records of a request have their findings compressed together.
// What a batch is told repeats from event to event, and takes ten times its body as plain
// text; all of a batch in one piece would be read again for each page of its records.
const chunkRecords = 64

// minDeflated is from how many records on a chunk is deflated: what few are told repeats
// little, and for a single event starting the compressor costs a fifth of the request.
const minDeflated = 4

// packer makes packed findings. It has one compressor for all, which takes 1 MB.
type packer struct {
	deflate *flate.Writer // nil before the first finding
}

// pack returns the findings of a request's records as the journal keeps them: of each
// chunkRecords records twice the length, as a varint, and one more if it is deflated; then
// their lists as JSON. It returns nil if there is no finding.
func (p *packer) pack(records []Record) (out []byte, err error) {
	if !slices.ContainsFunc(records, func(r Record) bool { return len(r.Findings) > 0 }) {
		return nil, nil
	}
	var chunk bytes.Buffer
	for some := range slices.Chunk(records, chunkRecords) {
		chunk.Reset()
		lists := make([][]packedFinding, len(some))
		for i, rec := range some {
			lists[i] = packed(rec.Findings)
		}
		deflated := uint64(0)
		if len(some) >= minDeflated {
			deflated, err = 1, p.write(&chunk, lists)
		} else {
			err = json.NewEncoder(&chunk).Encode(lists)
		}
		if err != nil {
			return nil, err
		}
		out = append(binary.AppendUvarint(out, 2*uint64(chunk.Len())+deflated), chunk.Bytes()...)
	}
	return out, nil
}

// write writes lists to a chunk, deflated.
func (p *packer) write(chunk *bytes.Buffer, lists [][]packedFinding) (err error) {
	if p.deflate == nil {
		p.deflate, err = flate.NewWriter(chunk, flate.BestSpeed)
	} else {
		p.deflate.Reset(chunk)
	}
	if err != nil {
		return err
	}
	return errors.Join(json.NewEncoder(p.deflate).Encode(lists), p.deflate.Close())
}

// packedFindings reads what a packer has made. It holds one chunk at a time.
type packedFindings struct {
	data  []byte // chunks that are still to be read
	next  int    // item of the first record in data
	lists [][]packedFinding
}

// of returns the findings of a record, by which event of its request it is. Items must be
// asked for in rising order.
func (p *packedFindings) of(item int) ([]finding.Finding, error) {
	for len(p.data) > 0 && p.next <= item {
		head, n := binary.Uvarint(p.data)
		size := head / 2
		if n <= 0 || size > uint64(len(p.data)-n) {
			return nil, errors.New("findings in the journal: a chunk is cut short")
		}
		chunk := p.data[n : n+int(size)]
		p.data, p.next, p.lists = p.data[n+int(size):], p.next+chunkRecords, nil
		if p.next <= item {
			continue
		}
		text := io.Reader(bytes.NewReader(chunk))
		if head%2 == 1 {
			text = flate.NewReader(text)
		}
		if err := json.NewDecoder(text).Decode(&p.lists); err != nil {
			return nil, fmt.Errorf("findings in the journal: %w", err)
		}
	}
	if i := item - (p.next - chunkRecords); i >= 0 && i < len(p.lists) {
		return unpacked(p.lists[i]), nil
	}
	return nil, nil
}
