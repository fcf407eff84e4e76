package functions

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// host is what the prelude can ask of Go. A question and its answer are JSON.
type host struct {
	ctx      context.Context // of the run under way
	recorder *recorder
	chance   *chance
	waited   time.Duration // for the network, in the run under way
}

// slow names the limit that a run went over which was stopped after took: if it is the
// network that took the time, the function did not compute.
func (h *host) slow(took, timeout time.Duration) Limit {
	if h.waited > timeout/2 && h.waited > took/2 {
		return LimitTime
	}
	return LimitCPU
}

// operation does one thing for the prelude. What it returns is written as JSON; a *fault
// is thrown in JavaScript.
type operation func(h *host, arg []byte) (any, error)

// operations is the table of what the prelude can ask for; what it can ask of QuickJS
// itself stands in quickJS.hostCall.
func operations() map[string]operation {
	return map[string]operation{
		"fetch":          (*host).fetch,
		"random":         (*host).random,
		"hash":           hash,
		"hash.check":     hashCheck,
		"hmac":           hash,
		"hmac.check":     hashCheck,
		"hashes":         hashes,
		"ciphers":        ciphers,
		"cipher":         crypt,
		"cipher.check":   cryptCheck,
		"pbkdf2":         pbkdf2Op,
		"hkdf":           hkdfOp,
		"sign":           sign,
		"verify":         verify,
		"publicEncrypt":  publicEncrypt,
		"privateDecrypt": privateDecrypt,
		"zlib":           compress,
	}
}

// fault is an error that JavaScript gets to see, as Node would throw it.
type fault struct {
	Name    string `json:"name"` // "Error" or one of its kinds
	Message string `json:"message"`
	Code    string `json:"code,omitempty"`
}

// Error makes a fault an error.
func (f *fault) Error() string { return f.Message }

// call does one operation and returns its answer as JSON.
func (h *host) call(ops map[string]operation, op, arg string) (string, error) {
	do, ok := ops[op]
	if !ok {
		return "", fmt.Errorf("host: unknown operation %q", op)
	}
	answer, err := recovered(do, h, []byte(arg))
	var f *fault
	if errors.As(err, &f) {
		answer, err = map[string]*fault{"error": f}, nil
	}
	if err != nil {
		return "", fmt.Errorf("host: %s: %w", op, err)
	}
	text, err := json.Marshal(answer)
	return string(text), err
}

// recovered does an operation. A panic of a library below, at an argument that it does not
// take, is the function's error and nothing else's.
func recovered(do operation, h *host, arg []byte) (answer any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &fault{Name: "Error", Message: fmt.Sprint(r)}
		}
	}()
	return do(h, arg)
}

// data is a text or bytes on their way between the prelude and Go.
type data []byte

type crossed struct {
	T *string `json:"t,omitempty"` // a text
	B *string `json:"b,omitempty"` // base64
}

// UnmarshalJSON reads what the prelude's crossing wrote; null is nil.
func (d *data) UnmarshalJSON(text []byte) error {
	var c *crossed
	if err := json.Unmarshal(text, &c); err != nil || c == nil {
		return err
	}
	switch {
	case c.T != nil:
		*d = []byte(*c.T)
	case c.B != nil:
		b, err := base64.StdEncoding.DecodeString(*c.B)
		if err != nil {
			return err
		}
		*d = b
	}
	if *d == nil {
		*d = data{}
	}
	return nil
}

// MarshalJSON writes a text where the bytes are one.
func (d data) MarshalJSON() ([]byte, error) {
	if d == nil {
		return []byte("null"), nil
	}
	s := string(d)
	if utf8.ValidString(s) {
		return json.Marshal(crossed{T: &s})
	}
	b := base64.StdEncoding.EncodeToString(d)
	return json.Marshal(crossed{B: &b})
}

// bytesAnswer is the answer of operations that make bytes.
type bytesAnswer struct {
	B string `json:"b"`
}

func bytesOut(b []byte) bytesAnswer { return bytesAnswer{base64.StdEncoding.EncodeToString(b)} }

// joinParts puts what was given in parts together.
func joinParts(parts []data) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}
