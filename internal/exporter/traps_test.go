package exporter_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"segproof/functions"
	"segproof/internal/exporter"
	"segproof/schemas"
	"segproof/validator"
)

// traps loads contracts that ask for everything that JSON Schema has.
func traps(t testing.TB) *validator.Catalog {
	t.Helper()
	cat, findings, err := validator.Load(validator.Root{Name: "built-in", FS: schemas.Spec()}, validator.Root{Name: "traps", FS: os.DirFS("testdata/traps")})
	if err != nil {
		t.Fatal(err, findings)
	}
	return cat
}

// texts are strings that the formats and patterns of the traps are about; the tests change
// letters of them.
func texts() []string {
	return []string{
		"2026-02-28", "2024-02-29", "2100-02-29", "2026-13-01", "0000-01-01", "12:30:00Z", "23:59:60Z", "22:59:60-01:00", "12:30:00.123456789+05:30", "12:30:60Z", "24:00:00Z", "12:30:00", "+1:30:00Z",
		"2026-01-31T12:30:00Z", "2026-01-31t12:30:00z", "2026-01-31 12:30:00Z", "2026-01-31T12:30:00.5-00:00", "P1Y2M3DT4H5M6S", "PT36H", "P4W", "P1D2H", "P", "PT", "P1YT", "P2W3D", "PT1S1H", "P1", "PT", "P1W1D", "P1\u00e9", "PT1HT1M", "PYT1H", "P" + strings.Repeat("1", 40) + "T", "P" + strings.Repeat("1", 1100) + "D",
		"2026-01-31T12:30:00Z/P1D", "P1D/2026-01-31T12:30:00Z", "P1D/P1D", "2026-01-31T12:30:00Z/2026-02-01T12:30:00Z",
		"example.com", "example.com.", "-a.b", "a-.b", "a_b.c", "EXAMPLE", "a..b", "xn--nxasmq6b", "caf\u00e9.fr", "", ".",
		"joe@example.com", "joe.smith+x@example.co", ".joe@example.com", "joe..x@a.b", "joe@localhost", `"joe smith"@example.com`, `"joe\"s"@example.com`, "j\u00f6e@example.com", "joe@[127.0.0.1]", "joe@[IPv6:::1]", "joe@-a.b", "@a.b", "joe@", " joe@a.b", "joe @a.b", "a@b@c.d",
		"127.0.0.1", "127.0.0.01", "256.0.0.1", "1.2.3", "1.2.3.4.5", "+1.2.3.4", "0.0.0.0", "::1", "::", "1::8", "2001:db8::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:8:9", "::ffff:1.2.3.4", "::ffff:1.2.3.04", "12345::", "fe80::1%eth0", "1::2::3", ":1", "1:", ":::",
		"https://example.com/a?b=c#d", "http://user:pw@example.com:8080/", "//example.com/x", "/a/b", "a:b", "a/b:c", ":a", "http://[::1]:80/", "http://[::1", "http://a b/", "http://a/%zz", "http://a/%41", "urn:isbn:123", "mailto:a@b", "http://\u00e9.com/\u00e9", "http://a:b:c/", "http://a:x/", "\\\\a", "a\\b", "?q", "#f", "#%zz", "*", "http://a\u0001/", "1http://a", "http:///a", "///a", "http://%41/", "http://a%20b/", "http://a|b/", "http://a<b>/", "http://us er@a/",
		"/a/b~0c~1d", "/a~2", "/", "a", "0", "0#", "1/a", "01", "10/a~1b", "-1/a", "2#x",
		"2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2EB8AA08-AA98-11EA-B4AA-73B441D16380", "2eb8aa08aa9811eab4aa73b441d16380", "urn:uuid:2eb8aa08-aa98-11ea-b4aa-73b441d16380",
		"12", "12345", "1234", "\u0661\u0662", "STRASSE", "STRA\u1e9eE", "stra\u00dfe", "\u212a", "K", "a\nb", "a\u2028b", "a\U0001f600b", "a\u0085b", "x\nb\ny", "b", "b\n", "a x-", "a\u00a0x-", "a\vx-", "a x-\n", "\u00e9!", "\u00e9\u00e9", "a cat.", "cats", "\u00e9cat", "cat\u00e9", "abcbcxx", "bcxxx", "x",
		"a-b.c", "abc-", "kk\nS x", "\u212ak", "a b", strings.Repeat("a", 30), strings.Repeat("a", 29), strings.Repeat("a", 61) + "\n",
		"\U0001f600\U0001f600", "a", "abcd", "e30=", "e30", "e3 0=", "e30=\n", "bm90IGpzb24=", "{}", "{", "[1]", "\"\\ud83d\"", "1e999", " 1 ", "nul",
	}
}

// altered changes letters of a text.
func altered(chance *rand.Rand, text string) string {
	letters := []rune("019aZzT:/.-+%@#?~[]\\\"' \n\u00e9\u017f\U0001f600_W")
	in := []rune(text)
	for range chance.IntN(3) {
		at := chance.IntN(len(in) + 1)
		letter := letters[chance.IntN(len(letters))]
		switch {
		case at == len(in) || chance.IntN(3) == 0:
			in = slices.Insert(in, at, letter)
		case chance.IntN(2) == 0:
			in = slices.Delete(in, at, at+1)
		default:
			in[at] = letter
		}
	}
	return string(in)
}

// values returns any value, a string of texts more often than others.
func anyValue(chance *rand.Rand, depth int) any {
	names := []string{"a", "b", "c", "d", "e", "k", "x_1", "kind", "size", "name", "value", "left", "right", "paid", "amount", "toString", "__proto__", "constructor", "p~q/r", "b9", "ABCD"}
	numbers := []float64{0, 1, -1, 2, 3, 4, 5, 7, 10, 1.5, -1.5, 0.01, 0.07, 19.99, 4.35, 0.015, 14, 1e3, 1000.5, 1e21, 1e300, 1e-9, 9007199254740992, 9007199254740994}
	switch kind := chance.IntN(12); {
	case kind < 4:
		all := texts()
		return altered(chance, all[chance.IntN(len(all))])
	case kind < 7:
		return numbers[chance.IntN(len(numbers))]
	case kind < 8 || depth == 0:
		return []any{nil, true, false, "a", "b", "1"}[chance.IntN(6)]
	case kind < 10:
		list := []any{}
		for range chance.IntN(5) {
			list = append(list, anyValue(chance, depth-1))
		}
		return list
	}
	object := map[string]any{}
	for range chance.IntN(5) {
		object[names[chance.IntN(len(names))]] = anyValue(chance, depth-1)
	}
	return object
}

// trapped returns events of the trap contracts with values of any kind.
func trapped(t testing.TB, cat *validator.Catalog, chance *rand.Rand, each int) [][]byte {
	t.Helper()
	var all [][]byte
	for _, c := range cat.Contracts() {
		var schema struct {
			Properties struct {
				Properties struct{ Properties map[string]any }
			}
		}
		if err := json.Unmarshal(c.Text(), &schema); err != nil {
			t.Fatal(err)
		}
		names := slices.Sorted(maps.Keys(schema.Properties.Properties.Properties))
		names = append(names, "unplanned")
		for range each {
			properties := map[string]any{}
			for range 6 {
				properties[names[chance.IntN(len(names))]] = anyValue(chance, 3)
			}
			text, err := json.Marshal(map[string]any{"type": c.Type, "event": c.Name, "userId": "u1", "properties": properties})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, text)
		}
	}
	return all
}

func TestTrapsAreJudgedAsByTheValidator(t *testing.T) {
	cat := traps(t)
	x := export(t, cat, "", exporter.FunctionOptions{Minify: true})
	x.differences(cat, noPolicy(), trapped(t, cat, rand.New(rand.NewPCG(7, 8)), 300))
}

// Every text is held against every format and pattern.
func TestFormatsAndPatternsAreTheValidators(t *testing.T) {
	cat := traps(t)
	x := export(t, cat, "", exporter.FunctionOptions{Minify: true})
	names := []string{"date", "time", "dateTime", "duration", "period", "hostname", "email", "ipv4", "ipAddress", "ipv6", "uri", "uriReference", "uriref", "iri", "iriReference", "jsonPointer", "relativeJSONPointer", "uuid", "unknownFormat",
		"digits", "anyCase", "dot", "lines", "ends", "letters", "wordEdge", "lazy", "nested", "several", "optional", "length", "base64", "json"}
	chance := rand.New(rand.NewPCG(9, 10))
	var all [][]byte
	for _, s := range texts() {
		for _, text := range []string{s, altered(chance, s)} {
			properties := map[string]string{}
			for _, name := range names {
				properties[name] = text
			}
			event, err := json.Marshal(map[string]any{"type": "track", "event": "Traps", "userId": "u1", "properties": properties})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, event)
		}
	}
	x.differences(cat, noPolicy(), all)
}

// An event must not be able to keep a function busy: where Go needs no time for a pattern
// or a format, the function does not either, whatever the text. It would be stopped here otherwise.
func TestPatternsAndFormatsAreNotSlow(t *testing.T) {
	cat := traps(t)
	x := export(t, cat, "", exporter.FunctionOptions{})
	for _, name := range []string{"nested", "several", "optional", "lazy", "lines", "duration", "period", "email", "hostname", "ipv6", "uri", "dateTime", "uuid"} {
		for _, text := range []string{strings.Repeat("a", 60) + "!", strings.Repeat("ab.", 20) + "!", strings.Repeat("k s", 20), strings.Repeat("1", 60) + "-", "P" + strings.Repeat("1", 60), `\"` + strings.Repeat(`\\\\`, 30)} {
			event := []byte(`{"type":"track","event":"Traps","userId":"u1","properties":{"` + name + `":"` + text + `"}}`)
			if x.differences(cat, noPolicy(), [][]byte{event}) != 1 {
				t.Errorf("%.100s was not judged", event)
			}
		}
	}
}

// engineForFuzzing is Node where it is: the built-in engine is slow while it is watched
// for coverage.
func engineForFuzzing() string {
	if _, err := exec.LookPath("node"); err == nil {
		return functions.Engines()[1]
	}
	return ""
}

func FuzzExportedJudgesAsTheValidator(f *testing.F) {
	shipped, trap := builtin(f, schemas.Sources()...), traps(f)
	corpus := slices.Concat(examples(f, shipped), awkward(), halved(), trapped(f, trap, rand.New(rand.NewPCG(1, 1)), 20))
	for i, text := range corpus {
		f.Add(text, uint64(i))
	}
	asShipped := export(f, shipped, engineForFuzzing(), exporter.FunctionOptions{})
	asTraps := export(f, trap, engineForFuzzing(), exporter.FunctionOptions{Minify: true})
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		chance := rand.New(rand.NewPCG(seed, 1))
		if !json.Valid(text) || len(text) > 20_000 {
			text = corpus[seed%uint64(len(corpus))] // most changes of bytes are no JSON: no run is for nothing
		}
		(&exported{t, asShipped.fn}).differences(shipped, noPolicy(), withMutants(chance, [][]byte{text}, 10))
		(&exported{t, asTraps.fn}).differences(trap, noPolicy(), append(withMutants(chance, [][]byte{text}, 5), trapped(t, trap, chance, 5)...))
	})
}
