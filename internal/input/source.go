package input

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxZstdWindow is how far back, in bytes, a zstd stream may refer: what its decoder must
// hold, about twice. A stream that asks for more is an error; the zstd command can unpack
// it for us. The levels 1 to 19 need 8 MiB, which RFC 8878 (section 3.1.1.1.2) wants of
// every decoder; --ultra and --long may ask for 128 MiB and more.
const maxZstdWindow = 16 << 20

const (
	gzipMagic = "\x1f\x8b"
	zstdMagic = "\x28\xb5\x2f\xfd"
	// A zstd file may begin with a frame that is to be skipped: 0x50 to 0x5f, then this.
	zstdSkipMagic = "\x2a\x4d\x18"
)

var errTrailing = errors.New("not gzip data")

// source is one input, decompressed.
type source struct {
	name   string // for people
	format string // "gzip", "zstd" or ""
	raw    *raw
	in     *bufio.Reader // of raw
	gzip   *gzip.Reader
	zstd   *zstd.Decoder
}

// open opens an input and finds out how it is compressed. Read and Close must be called
// by one goroutine.
func open(ctx context.Context, name string, stdin io.Reader) (*source, error) {
	stream, err := openStream(ctx, name, stdin)
	if err != nil {
		return nil, named(name, err)
	}
	s := &source{name: shown(name), raw: &raw{ctx: ctx, r: stream}}
	s.in = bufio.NewReaderSize(s.raw, 64<<10)
	head, headErr := s.in.Peek(4) // an error comes again behind what could be read
	switch {
	case bytes.HasPrefix(head, []byte(gzipMagic)):
		s.format = "gzip"
		s.gzip = new(gzip.Reader)
		err = s.nextMember()
	case string(head) == zstdMagic || len(head) == 4 && head[0]&0xf0 == 0x50 && string(head[1:]) == zstdSkipMagic:
		s.format = "zstd"
		s.zstd, err = zstd.NewReader(s.in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxZstdWindow), zstd.WithDecoderMaxMemory(maxZstdWindow))
	case headErr == io.EOF:
		s.format, err = cutBeforeMagic(name, head)
	}
	if err != nil {
		s.Close()
		return nil, s.describe(err, 0)
	}
	return s, nil
}

// cutBeforeMagic tells a plain file from one that would be an archive if it were longer:
// whoever named it .gz did not mean to write nothing.
func cutBeforeMagic(name string, head []byte) (format string, err error) {
	for _, f := range []struct{ ext, format, magic string }{{".gz", "gzip", gzipMagic}, {".zst", "zstd", zstdMagic}} {
		if strings.EqualFold(filepath.Ext(name), f.ext) && len(head) < len(f.magic) && strings.HasPrefix(f.magic, string(head)) {
			return f.format, io.ErrUnexpectedEOF
		}
	}
	return "", nil
}

// nextMember begins the next member of a gzip stream. The members are told apart here,
// because gzip.Reader takes a stream that is cut in a later member's header for one that
// ends.
func (s *source) nextMember() error {
	head, err := s.in.Peek(2)
	switch {
	case len(head) == 2 && string(head) != gzipMagic, len(head) == 1 && head[0] != gzipMagic[0]:
		return errTrailing
	case err != nil && err != io.EOF:
		return err
	}
	if err := s.gzip.Reset(s.in); err != nil {
		return noEOF(err)
	}
	s.gzip.Multistream(false)
	return nil
}

// Read reads decompressed bytes. io.EOF means that the input was whole.
func (s *source) Read(p []byte) (n int, err error) {
	switch {
	case s.gzip != nil:
		n, err = s.readGzip(p)
	case s.zstd != nil:
		n, err = s.zstd.Read(p)
	default:
		n, err = s.in.Read(p)
	}
	if err == io.EOF && s.raw.err != io.EOF {
		// A decoder that meets a failing reader at the end of a frame says that all is well.
		err = s.raw.err
	}
	return n, err
}

func (s *source) readGzip(p []byte) (int, error) {
	for {
		n, err := s.gzip.Read(p)
		if err != io.EOF || n > 0 {
			if err == io.EOF {
				err = nil // it will be said again
			}
			return n, err
		}
		if _, err := s.in.Peek(1); err != nil {
			return 0, err
		}
		if err := s.nextMember(); err != nil {
			return 0, err
		}
	}
}

// Close lets go of the input.
func (s *source) Close() {
	if s.zstd != nil {
		s.zstd.Close()
	}
	s.raw.r.Close() // it was read only: nothing can be lost
}

// describe says what went wrong after read decompressed bytes.
func (s *source) describe(err error, read int64) error {
	if s.raw.err != nil && s.raw.err != io.EOF {
		err = s.raw.err
	}
	if err == s.raw.ctx.Err() {
		return err
	}
	at := s.raw.read - int64(s.in.Buffered())
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) && s.format == "":
		return fmt.Errorf("%s: truncated after %s bytes: %w", s.name, commas(read), err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s: truncated after %s decompressed bytes (%s bytes of %s data): %w",
			s.name, commas(read), commas(s.raw.read), s.format, err)
	case err == errTrailing:
		return fmt.Errorf("%s: something else follows the gzip data at compressed byte %s; %s decompressed bytes were read: %w",
			s.name, commas(at), commas(read), err)
	case errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return fmt.Errorf("%s: compressed with a zstd window of more than %d MiB (--long or --ultra): unpack it with zstd -dc --long=31 and pipe it in: %w",
			s.name, maxZstdWindow>>20, err)
	case s.format != "" && s.raw.err == nil || s.raw.err == io.EOF:
		return fmt.Errorf("%s: damaged %s data near compressed byte %s; %s decompressed bytes were read before it: %w",
			s.name, s.format, commas(at), commas(read), err)
	}
	return fmt.Errorf("%s: read failed after %s bytes: %w", s.name, commas(read), reason(err))
}

// named puts the name of an input in front of what is wrong with it.
func named(name string, err error) error {
	return fmt.Errorf("%s: %w", shown(name), reason(err))
}

// reason strips the operation and the path that package os adds.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// raw counts what is read, and remembers how it ended: bufio.Reader forgets.
type raw struct {
	ctx  context.Context
	r    io.ReadCloser
	read int64
	err  error
}

// Read reads until the context ends, and remembers how far it came and why it stopped.
func (r *raw) Read(p []byte) (int, error) {
	if r.err == nil {
		r.err = r.ctx.Err()
	}
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.r.Read(p)
	r.read += int64(n)
	r.err = err
	return n, err
}

// openStream opens a file, or makes a stream of what may block.
func openStream(ctx context.Context, name string, stdin io.Reader) (io.ReadCloser, error) {
	if name == Stdin {
		if stdin == nil {
			stdin = os.Stdin
		}
		return newPump(ctx, func() (io.ReadCloser, error) { return io.NopCloser(stdin), nil }), nil
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("is a folder")
	case !info.Mode().IsRegular():
		return newPump(ctx, func() (io.ReadCloser, error) { return os.Open(name) }), nil
	}
	return os.Open(name)
}
