package importer

import (
	"strings"
)

// step is one step of a path into an event.
type step struct {
	name  string
	items bool // the path goes on in the items of that array
}

// parsePath reads a property's name as a path: products.$.sku, products[].sku,
// predictions[*].name, campaign[source], context['Google Analytics'].clientId, a.b.
// normalised says that it was written otherwise than with dots. A name that is no path
// is one step.
func parsePath(name string) (path []step, normalised bool) {
	rest := name
	for rest != "" {
		var s step
		end := strings.IndexAny(rest, ".[")
		if end < 0 {
			end = len(rest)
		}
		s.name, rest = rest[:end], rest[end:]
		if strings.TrimSpace(s.name) == "" {
			return []step{{name: name}}, false
		}
		path = append(path, s)
		for strings.HasPrefix(rest, "[") {
			inner, after, ok := strings.Cut(rest[1:], "]")
			if !ok {
				return []step{{name: name}}, false
			}
			normalised = true
			rest = after
			switch inner = strings.Trim(inner, `"' `); {
			case inner == "" || inner == "*" || strings.Trim(inner, "0123456789") == "" || inner == "n" || inner == "i":
				path[len(path)-1].items = true
			default:
				path = append(path, step{name: inner})
			}
		}
		for strings.HasPrefix(rest, ".$") && (len(rest) == 2 || rest[2] == '.') {
			path[len(path)-1].items = true
			normalised = true
			rest = rest[2:]
		}
		if rest == "" {
			break
		}
		after, ok := strings.CutPrefix(rest, ".")
		if !ok || after == "" {
			return []step{{name: name}}, false
		}
		rest = after
	}
	if len(path) == 0 || len(path) > maxPathSteps {
		return []step{{name: name}}, false
	}
	return path, normalised
}

// maxPathSteps is how deep a documented path may lead. The deepest of Segment's docs has
// four steps; the validator takes contracts less than 100 deep.
const maxPathSteps = 16

// pathText writes a path: products[].sku.
func pathText(path []step) string {
	var b strings.Builder
	for i, s := range path {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(s.name)
		if s.items {
			b.WriteString("[]")
		}
	}
	return b.String()
}
