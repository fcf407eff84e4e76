package inclusion

import "sync"

// format is what is known of the strings that a "format" of the JSON Schema library
// accepts: those of its function, not of the standard that it is named after. It takes
// "+1.0.0.00" for an IPv4 address, say, because it reads each part with strconv.Atoi.
type format struct {
	name    string
	aliases []string // that have the same function
	all     string   // matches every string that is accepted, and maybe others
	some    string   // matches only strings that are accepted; "" if nothing is known
	max     int      // characters of the longest; -1: no bound
	good    []string // samples
	bad     []string // that come near
}

// formats is every format that the library checks. all and some are anchored.
//
// Source: jsonschema/v5.3.1, format.go; and its time, net, net/mail and net/url of Go
func formats() []format {
	const (
		hour   = `(?:[01+][0-9]|2[0-3]|-0)`
		minute = `(?:[0-5+][0-9]|-0)`
		second = `(?:[0-5+][0-9]|60|-0)`
		time   = hour + `:` + minute + `:` + second + `(?:\.[0-9]+)?(?:[zZ]|[+-]` + hour + `:` + minute + `)`
		plain  = `(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?(?:[zZ]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])`
		date   = `[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])`
		days   = `[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])`
		byte   = `(?:[1-9]?[0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])`
		part   = `(?:0+|` + byte + `|\+0*` + byte + `|-0+)`
		label  = `[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,20}[a-zA-Z0-9])?`
		long   = `[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?`
		steps  = `(?:/(?:[^~/]|~[01])*)*`
		print  = `[^#\x00-\x1f\x7f]*(?:#(?s:.)*)?`
		host   = `[a-z0-9]+(?:\.[a-z0-9]+)*`
	)
	// What net/url takes of a reference whatever else there is: a path that begins with no two
	// slashes and with no colon in its first part, or a scheme with a host, a path or neither.
	// Beyond that it looks at percent signs in the path and the fragment, and the library at
	// backslashes or braces.
	reference := func(but string) string {
		not := func(more string) string { return `[^?#\x00-\x1f\x7f` + but + more + `]` }
		path := not(`%`) + `*`
		return `(?:` + not(`%/:`) + `+(?:/` + path + `)?|/(?:` + not(`%/`) + path + `)?|[A-Za-z][A-Za-z0-9+.-]*:(?:` + not(`/`) + not(``) + `*|/(?:` + not(`%/`) + path + `)?|//` + host + `(?:/` + path + `)?)?)?` +
			`(?:\?` + not(``) + `*)?(?:#[^%\\\x00-\x1f\x7f]*)?`
	}
	return []format{
		{name: "date-time", all: date + `[Tt]` + time, some: days + `[Tt]` + plain, max: -1,
			good: []string{"2026-01-31T12:30:00Z", "2026-01-31T12:30:00.000Z"}, bad: []string{"2026-01-31", "2026-01-31 12:30:00"}},
		{name: "date", all: date, some: days, max: 10, good: []string{"2026-01-31"}, bad: []string{"2026-02-30", "31.01.2026"}},
		{name: "time", all: time, some: plain, max: -1, good: []string{"12:30:00Z"}, bad: []string{"12:30"}},
		{name: "duration", all: `P(?:[0-9]+W|(?:[0-9]+[YMD]){0,3}(?:T(?:[0-9]+[HMS]){1,3})?)`, some: `P[0-9]{1,9}[WYMD]`, max: -1,
			good: []string{"P1D"}, bad: []string{"1d"}},
		{name: "period", all: `(?s).*/.*`, max: -1, good: []string{"2026-01-31T12:30:00Z/P1D"}, bad: []string{"2026"}},
		{name: "hostname", all: `[a-zA-Z0-9.-]+`, some: long + `|` + label + `(?:\.` + label + `){0,3}`, max: 254, good: []string{"example.com"}, bad: []string{"not a host"}},
		{name: "email", all: `(?s).*@.*`, some: `[a-z0-9]{1,20}@[a-z0-9]{1,20}(?:\.[a-z0-9]{1,20}){0,3}`, max: 254, good: []string{"jane@example.com", "a@b.co"}, bad: []string{"jane"}},
		{name: "ipv4", aliases: []string{"ip-address"}, all: part + `(?:\.` + part + `){3}`, some: part + `(?:\.` + part + `){3}`, max: -1,
			good: []string{"192.0.2.1"}, bad: []string{"192.0.2"}},
		{name: "ipv6", all: `[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*`, some: `[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){7}`, max: 45, good: []string{"2001:db8::1", "::1"}, bad: []string{"1::2::3"}},
		{name: "uri", aliases: []string{"iri"}, all: `[A-Za-z][A-Za-z0-9+.-]*:` + print, some: `https?://[a-z0-9]+(?:\.[a-z0-9]+)*(?:/[a-z0-9]*)*`, max: -1,
			good: []string{"https://example.com/a"}, bad: []string{"example.com"}},
		{name: "uri-reference", aliases: []string{"iri-reference", "uriref"}, all: `[^\\#\x00-\x1f\x7f]*(?:#[^\\]*)?`, some: reference(`\\`), max: -1,
			good: []string{"/a/b"}, bad: []string{`\a`, "%", `https://example.com/?q=\`, "a%b@example.com", "/%", "0/%"}},
		{name: "uri-template", all: print, some: reference(`\\{}`), max: -1,
			good: []string{"/a/{b}"}, bad: []string{"/a/{b", "%", "https://example.com/{b", "a%b@example.com", "/%", "0/%"}},
		{name: "regex", all: `(?s).*`, some: `(?:[A-Za-z0-9_:@/.-]\+?){0,300}`, max: -1, good: []string{"^a+$"},
			bad: []string{"(", "+5:00:00Z", "2026-01-31T12:30:00++5:00", "2026-01-31T12:30:00++5:00/P1D", "+@example.com", "https://example.com/?q=(", "/(", "0/("}},
		{name: "json-pointer", all: steps, some: steps, max: -1, good: []string{"/a/0"}, bad: []string{"a"}},
		{name: "relative-json-pointer", all: `(?:0|[1-9][0-9]*)(?:#|` + steps + `)`, some: `(?:0|[1-9][0-9]*)(?:#|` + steps + `)`, max: -1,
			good: []string{"1/a"}, bad: []string{"/a", "01"}},
		{name: "uuid", all: uuid, some: uuid, max: 36, good: []string{"123e4567-e89b-12d3-a456-426614174000"}, bad: []string{"123e4567"}},
	}
}

const uuid = `[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`

// formatTable is formats by name and alias; made once, when first asked for.
var formatTable = sync.OnceValue(func() map[string]format {
	table := map[string]format{}
	for _, f := range formats() {
		for _, name := range append(f.aliases, f.name) {
			table[name] = f
		}
	}
	return table
})

// formatName returns the one name of formats that have the same function.
func formatName(name string) string {
	if f, ok := formatTable()[name]; ok {
		return f.name
	}
	return name
}

// lookUpFormat returns what is known of a format: nothing, if it is not in the table.
func lookUpFormat(name string) format {
	f, ok := formatTable()[name]
	if !ok {
		return format{name: name, all: `(?s).*`, max: -1}
	}
	return f
}

// anchored makes an expression match whole texts only.
func anchored(source string) string { return `\A(?:` + source + `)\z` }
