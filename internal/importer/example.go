package importer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"segproof/event"
)

// The values of made-up examples. They never change, so that contracts do not.
const (
	exampleTime = "2024-05-14T15:04:05.123Z"
	exampleDate = "2024-05-14"
	exampleUser = "u-1"
)

// maxExampleBytes is how large an example from the source may be to be put into a
// contract: an event may have 32 KB, a contract file a megabyte.
const maxExampleBytes = 32 << 10

// examples returns the source's own examples, else one that is made by the types.
func (d *Documented) examples() []any {
	var list []any
	for _, text := range d.Examples {
		if v, err := parseJSON(text); err == nil && len(text) <= maxExampleBytes {
			list = append(list, v)
		}
	}
	if len(list) == 0 {
		list = append(list, d.example())
	}
	return list
}

// example makes an event that the contract accepts, with every documented property.
func (d *Documented) example() *object {
	o := &object{}
	o.set("type", quoted(string(d.Type)))
	if key := d.Type.NameKey(); key != "" && d.Name != "" {
		o.set(key, quoted(d.Name))
	}
	o.set("messageId", quoted(exampleID(d.Type, d.Name, d.Version)))
	o.set("userId", quoted(exampleUser))
	switch d.Type {
	case event.Group:
		o.set("groupId", quoted("g-1"))
	case event.Alias:
		o.set("previousId", quoted("a-1"))
	}
	if slices.Contains(d.Requires, "anonymousId") {
		o.set("anonymousId", quoted("a-1"))
	}
	o.set("timestamp", quoted(exampleTime))
	if d.Version != "" {
		protocols := &object{[]pair{{"event_version", d.versionText()}}}
		o.set("context", &object{[]pair{{"protocols", protocols}}})
	}
	for _, p := range d.Fields {
		if p.Name == "type" || p.Name == d.Type.NameKey() {
			continue
		}
		value := p.exampleValue()
		if made, ok := value.(*object); ok && p.Name == "context" && d.Version != "" {
			made.set("protocols", o.object("context").get("protocols"))
		}
		o.set(p.Name, value)
	}
	return o
}

// exampleID returns an ID in the form that Segment's libraries give, always the same for
// an event.
func exampleID(t event.Type, name, version string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{string(t), name, version}, "\x00")))
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:]
}

// exampleValue makes a value that the property's schema accepts, as far as types, values
// and formats say.
func (p *Property) exampleValue() any {
	if len(p.Enum) > 0 {
		if v, err := parseJSON(p.Enum[0]); err == nil {
			return v
		}
	}
	if v := specExample(p.Name); v != nil && len(p.Types) == 0 && len(p.Properties) == 0 && p.Items == nil {
		return v
	}
	kind := "string"
	if i := slices.IndexFunc(p.Types, func(t string) bool { return t != "null" }); i >= 0 {
		kind = p.Types[i]
	} else if len(p.Types) > 0 {
		return json.RawMessage("null")
	} else if len(p.Properties) > 0 {
		kind = "object"
	} else if p.Items != nil {
		kind = "array"
	}
	switch kind {
	case "object":
		o := &object{}
		for _, child := range p.Properties {
			o.set(child.Name, child.exampleValue())
		}
		return o
	case "array":
		if p.Items == nil {
			return []any{}
		}
		return []any{p.Items.exampleValue()}
	case "integer":
		return p.exampleNumber("1")
	case "number":
		return p.exampleNumber("12.5")
	case "boolean":
		return json.RawMessage("true")
	}
	return quoted(p.ofLength(p.exampleText()))
}

// exampleNumber returns a number, or the bound that it is not within.
func (p *Property) exampleNumber(usual string) json.RawMessage {
	t := docType{keywords: p.Keywords}
	value, _ := strconv.ParseFloat(usual, 64)
	if low := t.number("minimum"); low != nil && value < *low {
		return keyword(p.Keywords, "minimum")
	}
	if high := t.number("maximum"); high != nil && value > *high {
		return keyword(p.Keywords, "maximum")
	}
	return json.RawMessage(usual)
}

// keyword returns the value of a keyword, nil if there is none.
func keyword(keywords []Keyword, name string) json.RawMessage {
	for _, k := range keywords {
		if k.Name == name {
			return k.Value
		}
	}
	return nil
}

// maxExampleText is how long a made-up text may be.
const maxExampleText = 1000

// ofLength returns a text without format, as long as the property says.
func (p *Property) ofLength(text string) string {
	t := docType{keywords: p.Keywords}
	if low := t.number("minLength"); low != nil && p.Format == "" && *low <= maxExampleText && float64(len(text)) < *low {
		text += strings.Repeat("x", int(*low)-len(text))
	}
	if high := t.number("maxLength"); high != nil && p.Format == "" && *high >= 0 && float64(len(text)) > *high {
		text = text[:int(*high)]
	}
	return text
}

// specExample returns a value for a name that the Segment Spec has a type for: the contract
// does not say one, the spec does. It is nil for other names.
//
// Source: segment.com/docs/connections/spec/track/, .../identify/ and .../page/
func specExample(name string) any {
	switch name {
	case "revenue", "value", "age":
		return json.RawMessage("12.5")
	case "timestamp", "originalTimestamp", "sentAt", "receivedAt", "createdAt", "created_at":
		return quoted(exampleTime)
	case "birthday":
		return quoted(exampleDate)
	case "currency":
		return quoted("USD")
	case "keywords":
		return []any{quoted("example")}
	case "address", "company":
		return &object{}
	}
	return nil
}

// exampleText makes a string of the property's format, or one that its name suggests.
func (p *Property) exampleText() string {
	name := strings.ToLower(p.Name)
	switch {
	case p.Format == FormatISO8601 || p.Format == "date":
		return exampleDate
	case p.Format == "date-time" || p.Format == "" && slices.Contains([]string{"timestamp", "originalTimestamp", "sentAt", "receivedAt", "createdAt", "created_at"}, p.Name):
		return exampleTime
	case p.Format == "" && name == "currency":
		return "USD"
	case p.Format == "time":
		return "15:04:05Z"
	case p.Format == "email" || p.Format == "" && strings.HasSuffix(name, "email"):
		return "noor@example.org"
	case p.Format == "uuid":
		return "5f0c2b1a-9e7d-4c3b-8a16-0d4e9b7c2f31"
	case p.Format == "ipv4" || p.Format == "" && name == "ip":
		return "192.0.2.1"
	case p.Format == "ipv6":
		return "2001:db8::1"
	case p.Format == "hostname":
		return "www.example.org"
	case p.Format == "uri" || p.Format == "" && (strings.HasSuffix(name, "url") || name == "href"):
		return "https://www.example.org/"
	}
	return "example"
}
