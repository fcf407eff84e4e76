package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// object is a JSON object that keeps the order of its members.
type object struct{ members []pair }

// pair is one member of an object. Its value is an *object, a []any of such values, or
// a json.RawMessage: the text of anything else.
type pair struct {
	key   string
	value any
}

// get returns the value of a member, nil if there is none. Of a repeated key the last
// counts.
func (o *object) get(key string) any {
	if o == nil {
		return nil
	}
	for _, m := range slices.Backward(o.members) {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

// object returns the member of that name if it is an object, else nil.
func (o *object) object(key string) *object {
	child, _ := o.get(key).(*object)
	return child
}

// text returns the member of that name if it is a string, else "".
func (o *object) text(key string) string {
	raw, _ := o.get(key).(json.RawMessage)
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// set gives a member a value, in its place if it is there, else at the end. Of a repeated
// key it is the last that counts, as for get.
func (o *object) set(key string, value any) {
	for i := range slices.Backward(o.members) {
		if o.members[i].key == key {
			o.members[i].value = value
			return
		}
	}
	o.members = append(o.members, pair{key, value})
}

// insert gives a member a value: in its place if it is there, else before the first
// member that comes after key in order.
func (o *object) insert(key string, value any, order []string) {
	rank := slices.Index(order, key)
	if o.get(key) != nil || rank < 0 {
		o.set(key, value)
		return
	}
	at := slices.IndexFunc(o.members, func(m pair) bool { return slices.Index(order, m.key) > rank })
	if at < 0 {
		at = len(o.members)
	}
	o.members = slices.Insert(o.members, at, pair{key, value})
}

// remove takes a member out.
func (o *object) remove(key string) {
	o.members = slices.DeleteFunc(o.members, func(m pair) bool { return m.key == key })
}

// plainText reports whether a text stands in JSON as it is: ASCII, without quotes, escapes
// and control characters.
func plainText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// quoted returns the JSON text of a string, with < > & as they are.
func quoted(s string) json.RawMessage {
	if plainText(s) { // as most are
		return json.RawMessage(`"` + s + `"`)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string can always be written
	return bytes.TrimRight(b.Bytes(), "\n")
}

// strings as a JSON array.
func quotedList(list []string) []any {
	values := make([]any, len(list))
	for i, s := range list {
		values[i] = quoted(s)
	}
	return values
}

// maxJSONDepth is how deeply the JSON may be nested that the importer reads. The
// validator takes less of a contract.
const maxJSONDepth = 500

// parseJSON reads one JSON value and nothing after it.
func parseJSON(data []byte) (any, error) {
	d := &orderedDecoder{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	d.dec.UseNumber()
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := d.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more than one JSON value")
	}
	return v, nil
}

// orderedDecoder is the state of one parseJSON.
type orderedDecoder struct {
	data []byte
	dec  *json.Decoder
}

func (d *orderedDecoder) value(depth int) (any, error) {
	if depth > maxJSONDepth {
		return nil, fmt.Errorf("nested more than %d deep", maxJSONDepth)
	}
	from := d.dec.InputOffset()
	token, err := d.dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return d.object(depth)
	case json.Delim('['):
		values := []any{}
		for d.dec.More() {
			v, err := d.value(depth + 1)
			if err != nil {
				return nil, err
			}
			values = append(values, v)
		}
		_, err := d.dec.Token()
		return values, err
	}
	raw := bytes.TrimLeft(d.data[from:d.dec.InputOffset()], " \t\r\n,:")
	return json.RawMessage(bytes.Clone(raw)), nil
}

func (d *orderedDecoder) object(depth int) (*object, error) {
	o := &object{}
	for d.dec.More() {
		key, err := d.dec.Token()
		if err != nil {
			return nil, err
		}
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		name, _ := key.(string) // the decoder takes nothing else for a key
		o.members = append(o.members, pair{name, v})
	}
	_, err := d.dec.Token()
	return o, err
}

// writeJSON writes a value in house style: two blanks a level, a line a member.
func writeJSON(b *bytes.Buffer, v any, indent string) {
	switch v := v.(type) {
	case *object:
		if len(v.members) == 0 {
			b.WriteString("{}")
			return
		}
		b.WriteString("{\n")
		for i, m := range v.members {
			b.WriteString(indent + "  ")
			b.Write(quoted(m.key))
			b.WriteString(": ")
			writeJSON(b, m.value, indent+"  ")
			b.WriteString(separator(i, len(v.members)))
		}
		b.WriteString(indent + "}")
	case []any:
		if len(v) == 0 {
			b.WriteString("[]")
			return
		}
		b.WriteString("[\n")
		for i, item := range v {
			b.WriteString(indent + "  ")
			writeJSON(b, item, indent+"  ")
			b.WriteString(separator(i, len(v)))
		}
		b.WriteString(indent + "]")
	case json.RawMessage:
		b.Write(v)
	}
}

func separator(i, n int) string {
	if i < n-1 {
		return ",\n"
	}
	return "\n"
}

// compactJSON returns the value's text in one line.
func compactJSON(v any) json.RawMessage {
	var b, line bytes.Buffer
	writeJSON(&b, v, "")
	if err := json.Compact(&line, b.Bytes()); err != nil {
		return b.Bytes() // never: writeJSON writes JSON
	}
	return line.Bytes()
}
