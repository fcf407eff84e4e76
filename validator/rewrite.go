package validator

import (
	"encoding/json"
	"fmt"
	"slices"
)

// maxCount is the largest bound of a length or a number of items, properties or bytes
// that the library is told. It reads them as 64-bit floats and casts: 2^63 and beyond,
// which some generators write for "no limit", would come out negative. No event has so
// many of anything.
const maxCount = 1_000_000_000_000

// compilable returns the text of the document for the library: every reference is spelt
// as the library spells places, so that it never has to work out a URL by itself, and
// what it would read otherwise than the draft says is taken out.
func (d *document) compilable() ([]byte, error) {
	root, err := decode(d.text)
	if err != nil {
		return nil, err
	}
	if object, ok := root.(map[string]any); ok && d.draft != "" {
		object["$schema"] = d.value["$schema"]
	}
	for _, v := range d.links.schemas {
		schema, ok := schemaAt(root, v.pointer)
		if !ok {
			continue // it was in what is taken out
		}
		delete(schema, "$id")
		delete(schema, "id")
		if v.pointer != "" && d.links.resources[v.base] == v.pointer {
			schema[d.idKeyword()] = d.private(v.base)
		}
		// The library reads these whatever the draft says. regexProperties is its own.
		for _, name := range []string{"contentSchema", "$recursiveRef", "regexProperties"} {
			if k, ok := keywordTable()[name]; !ok || !k.readIn(d.year) {
				delete(schema, name)
			}
		}
		for name, value := range schema {
			if n, ok := value.(json.Number); ok && isCount(name) {
				if f, err := n.Float64(); err != nil || f > maxCount {
					schema[name] = json.Number(fmt.Sprint(maxCount))
				}
			}
		}
	}
	for _, r := range d.links.refs {
		if schema, ok := schemaAt(root, r.holder); ok {
			schema[r.keyword] = r.target
		}
	}
	return json.Marshal(root)
}

func schemaAt(root any, pointer string) (map[string]any, bool) {
	v, _ := valueAt(root, pointer)
	schema, ok := v.(map[string]any)
	return schema, ok
}

// isCount reports whether the keyword's value counts something.
func isCount(keyword string) bool {
	return slices.Contains([]string{"maxLength", "minLength", "maxItems", "minItems", "maxContains", "minContains", "maxProperties", "minProperties"}, keyword)
}
