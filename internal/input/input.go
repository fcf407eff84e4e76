// Package input turns files, folders and standard input into a stream of events with
// their places.
//
// [Expand] lists the inputs that the user's arguments mean, [Read] cuts one input into
// blocks, and [Block.Decode] makes events of a block, in any goroutine. gzip and zstd are
// recognised by their first bytes. An input holds JSON texts: one a line (NDJSON), or
// one after the other, however they are laid out; a text is an event, an array of
// events, or a batch envelope. An array that does not stand on one line is read element
// by element. However large the input is, memory stays the same.
//
// Places are those of the decompressed text, as an editor shows them: a UTF-8 byte order
// mark counts in no column.
//
// A text that is not JSON is a finding, and reading goes on behind it. An archive that
// is cut or damaged is an error: what was read before it is still handed on, and nobody
// can know what was in the rest.
//
// This package judges no event; the validator does.
package input

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"segproof/event"
)

// Stdin is the argument that means standard input, and StdinName what places and
// findings call it.
const (
	Stdin     = "-"
	StdinName = "(stdin)"
)

// DefaultMaxValueBytes is the largest JSON text (a line, a value, an element of an
// array), in bytes, that is read. A larger one is a finding and is skipped to its end.
// Segment takes 32 KB an event and 500 KB a batch; this is room for eight such batches,
// and small enough to be held several times over.
const DefaultMaxValueBytes = 4 << 20

// DefaultBlockBytes is about how many bytes of JSON texts one block holds: enough that
// handing a block from one goroutine to another costs nothing beside decoding it.
const DefaultBlockBytes = 256 << 10

// Options says how Read reads. The zero value reads "-" from os.Stdin.
type Options struct {
	Stdin         io.Reader             // what "-" reads; nil means os.Stdin
	Progress      func(bytesRead int64) // called by Read for each block, with the decompressed bytes so far; nil: nobody asks
	MaxValueBytes int                   // 0 means DefaultMaxValueBytes
	BlockBytes    int                   // 0 means DefaultBlockBytes; never more than MaxValueBytes
}

// Stats says how much of one input was read.
type Stats struct {
	Bytes int64 // decompressed
}

// Read reads one input to its end and calls emit for each block, in order, from the
// calling goroutine. name is a file, or "-" for standard input; a FIFO and a device are
// read as streams.
//
// Blocks that came before an error are emitted, and Stats counts what was read, also if
// Read fails. The error names the input. Read returns emit's own error as it is, and
// ctx's error as soon as ctx ends. A cut archive wraps [io.ErrUnexpectedEOF].
//
// Where the operating system lets nobody interrupt a read (a terminal, a pipe that
// another program holds open, a FIFO that nobody writes to), Read returns when ctx ends
// all the same, and the one goroutine that sits in that read ends with it; until then
// opts.Stdin is in use.
func Read(ctx context.Context, name string, opts Options, emit func(Block) error) (Stats, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	src, err := open(ctx, name, opts.Stdin)
	if err != nil {
		return Stats{}, err
	}
	defer src.Close()

	limit := positive(opts.MaxValueBytes, DefaultMaxValueBytes)
	block := min(positive(opts.BlockBytes, DefaultBlockBytes), limit)
	w := newWindow(src, block)
	w.at = event.Place{File: shown(name), Line: 1, Column: 1}
	if err := w.checkHead(); err != nil {
		return Stats{Bytes: w.read}, fmt.Errorf("%s: %w", shown(name), err)
	}
	s := splitter{w: w, limit: limit, blockBytes: block, emit: func(b Block) error {
		// A stream that never blocks would otherwise never look at ctx.
		if err := ctx.Err(); err != nil {
			return err
		}
		if opts.Progress != nil {
			opts.Progress(w.read)
		}
		return emit(b)
	}}
	if err := s.run(); err != nil {
		return Stats{Bytes: w.read}, err
	}
	if w.err != io.EOF {
		return Stats{Bytes: w.read}, src.describe(w.err, w.read)
	}
	return Stats{Bytes: w.read}, nil
}

// shown is the name of an input in places, findings and errors.
func shown(name string) string {
	if name == Stdin {
		return StdinName
	}
	return name
}

func positive(n, otherwise int) int { return cmp.Or(max(n, 0), otherwise) }
