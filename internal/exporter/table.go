package exporter

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"

	"segproof/validator"
)

// The runtime: what judges events in JavaScript. Its files are one scope, in the order of
// their names.
//
//go:embed runtime/*.js
var runtimeFiles embed.FS

// unportable are the formats whose judges are libraries of Go's that nobody wrote in
// JavaScript.
func unportable() map[string]string {
	return map[string]string{
		"regex":        "whether a text is a Go regular expression cannot be told in JavaScript",
		"uri-template": "what Go takes for a URI template cannot be told in JavaScript",
	}
}

// runtimeText returns a JavaScript expression: a function that judges an event by the
// catalog, and returns findings {rule, pointer, message, layer, severity}.
//
// An error names the place in a contract of what JavaScript cannot be made to judge as
// the validator does.
func runtimeText(cat *validator.Catalog) (string, error) {
	table, err := cat.Table()
	if err != nil {
		return "", err
	}
	patterns := map[string]string{}
	add := func(n validator.Node, pattern string) (err error) {
		if patterns[pattern], err = jsPattern(pattern); err != nil {
			return fmt.Errorf("%s: pattern %q: %w", n.Where, pattern, err)
		}
		return nil
	}
	for _, n := range table.Nodes {
		if why := unportable()[n.Format]; why != "" {
			return "", fmt.Errorf("%s: format %q: %s", n.Where, n.Format, why)
		}
		if n.Pattern != "" {
			if err := add(n, n.Pattern); err != nil {
				return "", err
			}
		}
		for _, p := range n.PatternProperties {
			if err := add(n, p.Pattern); err != nil {
				return "", err
			}
		}
	}
	text, err := json.Marshal(struct {
		*validator.Table
		Patterns map[string]string `json:"patterns"`
	}{table, patterns})
	if err != nil {
		return "", err
	}
	literal, err := json.Marshal(string(text))
	if err != nil {
		return "", err
	}
	// Go escapes what HTML would trip over, and JavaScript reads the escapes back.
	names, err := fs.Glob(runtimeFiles, "runtime/*.js")
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	b.WriteString("(() => {\n\"use strict\";\nconst TABLE = " + string(literal) + ";\n")
	for _, name := range names {
		part, err := runtimeFiles.ReadFile(name)
		if err != nil {
			return "", err
		}
		b.WriteString(strings.TrimSpace(string(part)) + "\n\n")
	}
	b.WriteString("return judge;\n})()")
	return b.String(), nil
}
