package mockserver

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"segproof/event"
)

// emptyGIF is a transparent picture of one pixel: header, a palette of two colours of
// which the first is transparent, and one frame.
const emptyGIF = "GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00" +
	"!\xf9\x04\x01\x00\x00\x00\x00" +
	",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// pixel takes an event that a picture's URL carries. Whatever happens, the answer is
// 200 and the picture; what went wrong stands in the recorded request. A strict server
// answers as elsewhere: the browser then says that there is no picture.
//
// Source: segment.com/docs/connections/sources/catalog/libraries/server/pixel-tracking-api/
func pixel(t event.Type) func(*Server, *exchange, int) ([]Record, error) {
	return func(s *Server, x *exchange, limit int) ([]Record, error) {
		x.reply = &reply{contentType: "image/gif", body: []byte(emptyGIF)}
		x.always = s.mode != Strict
		if x.r.Method == http.MethodHead {
			return nil, nil // somebody looks whether the picture is there
		}
		query := x.r.URL.RawQuery
		x.req.Body, x.req.WireBytes = []byte(query), int64(len(query))
		body, err := pixelBody(query, limit)
		if err != nil {
			return nil, err
		}
		events, err := decodeCall(t)(body, nil)
		if err != nil {
			return nil, err
		}
		x.req.Body, x.req.BodyBytes = body, int64(len(body))
		return s.recordsOf(x, events)
	}
}

// pixelBody returns the JSON text that the query of a pixel stands for: what data=
// encodes, or else an object made of the query's pairs. It is at most limit bytes long.
func pixelBody(query string, limit int) ([]byte, error) {
	var pairs [][2]string
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		key, value, _ := strings.Cut(part, "=")
		key, err := url.QueryUnescape(key)
		if err == nil {
			value, err = url.QueryUnescape(value)
		}
		if err != nil {
			return nil, badRequest.because("the query has a % that no two hexadecimal digits follow")
		}
		if key == "data" {
			return fromBase64(value, limit)
		}
		pairs = append(pairs, [2]string{key, value})
	}
	if len(pairs) == 0 {
		return nil, badRequest.because("the query is empty: want ?data=BASE64, or the event's members such as ?userId=...&event=...")
	}
	return fromPairs(pairs, limit)
}

// fromBase64 decodes what data= holds, in the URL's alphabet or the standard one, with
// or without padding. A "+" that nobody escaped arrives as a space.
func fromBase64(data string, limit int) ([]byte, error) {
	data = strings.NewReplacer(" ", "+", "-", "+", "_", "/").Replace(data)
	text, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(data, "="))
	if err != nil {
		return nil, badRequest.because("data is no base64")
	}
	if len(text) > limit {
		return nil, refuseSize(limit, " once decoded")
	}
	return text, nil
}

// fromPairs makes an object of a query's pairs, in their order: the value of a.b becomes
// the member b of the member a. All values are strings. Of two that contradict each
// other the later one counts.
func fromPairs(pairs [][2]string, limit int) ([]byte, error) {
	root := &branch{index: map[string]int{}}
	for _, pair := range pairs {
		keys := strings.Split(pair[0], ".")
		if len(keys) > event.MaxDepth {
			return nil, tooDeep.because(fmt.Sprintf("a name of the query has more than %d parts", event.MaxDepth))
		}
		node := root
		for _, key := range keys {
			node = node.grow(key)
		}
		*node = branch{value: pair[1]}
	}
	var out bytes.Buffer
	root.write(&out)
	if out.Len() > limit {
		return nil, refuseSize(limit, " once it is JSON")
	}
	return out.Bytes(), nil
}

// branch is one value of the object that fromPairs makes.
type branch struct {
	value   string         // of a string
	keys    []string       // of an object, in the order of coming
	members []*branch      // one for each key
	index   map[string]int // of each key in keys; nil for a string
}

// grow returns the member of that name. What was a string becomes an object.
func (b *branch) grow(key string) *branch {
	if b.index == nil {
		*b = branch{index: map[string]int{}}
	}
	i, ok := b.index[key]
	if !ok {
		i = len(b.keys)
		b.index[key] = i
		b.keys = append(b.keys, key)
		b.members = append(b.members, &branch{})
	}
	return b.members[i]
}

func (b *branch) write(out *bytes.Buffer) {
	if b.index == nil {
		out.Write(jsonQuoted(b.value))
		return
	}
	out.WriteByte('{')
	for i, key := range b.keys {
		if i > 0 {
			out.WriteByte(',')
		}
		out.Write(jsonQuoted(key))
		out.WriteByte(':')
		b.members[i].write(out)
	}
	out.WriteByte('}')
}

// jsonQuoted returns text as a JSON string.
func jsonQuoted(text string) []byte {
	out, err := encode(text)
	if err != nil {
		panic(err) // a string always encodes
	}
	return out
}
