package compat

import "segproof/validator"

// notice is what a contract says of its own end, or a property's.
type notice struct {
	given     bool
	renamedTo string
}

// noticeOf reads "deprecated" of a schema, and "deprecated" of its "x-segproof": true, or
// an object that may say what it is "renamed-to".
func noticeOf(p validator.Part) (n notice) {
	schema, _ := p.Value().(map[string]any)
	n.given, _ = schema["deprecated"].(bool)
	switch said := object(schema, "x-segproof")["deprecated"].(type) {
	case bool:
		n.given = n.given || said
	case map[string]any:
		n.given = true
		n.renamedTo, _ = said["renamed-to"].(string)
	}
	return n
}
