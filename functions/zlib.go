package functions

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"errors"
	"io"
)

// maxInflated bounds what one call may inflate to: a small text may hold a very large one.
const maxInflated = 16 << 20

// compress does one of the ways of Node's zlib.
func compress(_ *host, arg []byte) (any, error) {
	var a struct {
		Way   string `json:"way"`
		Data  data   `json:"data"`
		Level *int   `json:"level"`
	}
	if err := json.Unmarshal(arg, &a); err != nil {
		return nil, err
	}
	level := flate.DefaultCompression
	if a.Level != nil {
		level = *a.Level
	}
	var out bytes.Buffer
	var w io.WriteCloser
	var err error
	switch a.Way {
	case "deflate":
		w, err = zlib.NewWriterLevel(&out, level)
	case "gzip":
		w, err = gzip.NewWriterLevel(&out, level)
	case "deflateRaw":
		w, err = flate.NewWriter(&out, level)
	default:
		return inflate(a.Way, a.Data)
	}
	if err != nil {
		return nil, &fault{Name: "RangeError", Message: `The value of "options.level" is out of range. It must be >= -1 and <= 9.`, Code: "ERR_OUT_OF_RANGE"}
	}
	if _, err := w.Write(a.Data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return bytesOut(out.Bytes()), nil
}

// inflate undoes compress. unzip takes what is gzip or deflate, whichever it looks like.
func inflate(way string, text []byte) (any, error) {
	if way == "unzip" {
		way = "inflate"
		if len(text) > 1 && text[0] == 0x1f && text[1] == 0x8b {
			way = "gunzip"
		}
	}
	in := bytes.NewReader(text)
	var r io.Reader
	var err error
	switch way {
	case "inflate":
		r, err = zlib.NewReader(in)
	case "gunzip":
		r, err = gzip.NewReader(in)
	default:
		r = flate.NewReader(in)
	}
	var out []byte
	if err == nil {
		out, err = io.ReadAll(io.LimitReader(r, maxInflated+1))
	}
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, &fault{Name: "Error", Message: "unexpected end of file", Code: "Z_BUF_ERROR"}
	case errors.Is(err, zlib.ErrHeader), errors.Is(err, gzip.ErrHeader):
		return nil, &fault{Name: "Error", Message: "incorrect header check", Code: "Z_DATA_ERROR"}
	case errors.Is(err, zlib.ErrChecksum), errors.Is(err, gzip.ErrChecksum):
		return nil, &fault{Name: "Error", Message: "incorrect data check", Code: "Z_DATA_ERROR"}
	case errors.As(err, &corrupt):
		return nil, &fault{Name: "Error", Message: "invalid stored block lengths", Code: "Z_DATA_ERROR"}
	case err != nil:
		return nil, &fault{Name: "Error", Message: err.Error(), Code: "Z_DATA_ERROR"}
	case len(out) > maxInflated:
		return nil, &fault{Name: "RangeError", Message: "inflating gives more than 64 MB", Code: "ERR_BUFFER_TOO_LARGE"}
	}
	return bytesOut(out), nil
}
