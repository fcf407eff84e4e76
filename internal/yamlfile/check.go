package yamlfile

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

// checkCharacters refuses what may not stand in YAML.
func (r reader) checkCharacters() error {
	for i, c := range r.text {
		message := ""
		switch _, size := utf8.DecodeRuneInString(r.text[i:]); {
		case c == utf8.RuneError && size == 1:
			message = fmt.Sprintf("got byte 0x%02x, want UTF-8", r.text[i])
		case c < ' ' && c != '\n' && c != '\t', c == 0x7f:
			message = fmt.Sprintf("got the control character %U, want text", c)
		default:
			continue
		}
		line := strings.Count(r.text[:i], "\n") + 1
		return &Error{File: r.name, Line: line, Column: i - strings.LastIndexByte(r.text[:i], '\n'), Message: message}
	}
	return nil
}

// maxSteps bounds what the lexer does more often than once for each byte, in steps of
// about a nanosecond. 1 MB of "<" would take it six minutes.
const maxSteps = 500_000_000

// checkText refuses a text that the lexer would take too long for: it looks from each tab
// in double quotes to the end of the line, from each "<" to the last of its row, and for
// each blank line at the end of a block through all of the block.
func (r reader) checkText() error {
	steps, blank, mostBlank := 0, 0, 0
	for line := range strings.Lines(r.text) {
		steps += strings.Count(line, "\t") * len(line)
		signs := strings.Count(line, "<")
		steps += signs * signs
		if blank++; strings.TrimSpace(line) != "" {
			blank = 0
		}
		mostBlank = max(mostBlank, blank)
	}
	const stepsPerByte = 10 // the block is copied each time
	if steps += mostBlank * len(r.text) * stepsPerByte; steps > maxSteps {
		return &Error{File: r.name, Message: `too slow to read: too many tabs or "<" in a line, or blank lines in a row`}
	}
	return nil
}

// What one file may hold. The parser gives to every value a text of all the keys above
// it, follows the keys of one mapping in a recursion, and copies what comes behind them:
// it needs the square of the size. With these limits that is about a second and half a
// gigabyte in all, whatever the file says. No file of ours comes near them: a text in a
// block is one token, an entry of segproof.yaml about twenty.
const (
	maxTokens   = 20_000 // values, keys and signs, without comments
	maxDepth    = 32     // mappings and lists in each other
	maxKeyBytes = 128
)

// checkTokens refuses tokens that we do not read, and what would cost too much to parse.
func (r reader) checkTokens(all token.Tokens) error {
	tokens := slices.DeleteFunc(slices.Clone(all), func(tk *token.Token) bool { return tk.Type == token.CommentType })
	if len(tokens) > maxTokens {
		return r.errorAt(tokens[maxTokens], "file has more than %d values and signs, want fewer: split it", maxTokens)
	}
	var n nesting
	for i, tk := range tokens {
		if why := whyRefused(tk.Type); why != "" {
			return r.errorAt(tk, "%s", why)
		}
		if i > 0 && (tk.Type == token.DocumentHeaderType || tokens[i-1].Type == token.DocumentEndType) {
			return r.errorAt(tk, "got a second document, want one in a file")
		}
		key := tk
		if tk.Type == token.MappingValueType && i > 0 {
			if key = tokens[i-1]; len(key.Value) > maxKeyBytes {
				return r.errorAt(key, "key has %d bytes, want at most %d", len(key.Value), maxKeyBytes)
			}
		}
		if n.add(tk.Type, key.Position.Column); n.depth() > maxDepth {
			return r.errorAt(tk, "nested more than %d deep", maxDepth)
		}
	}
	return nil
}

// whyRefused returns what to say about a token that we do not read, "" if we do.
func whyRefused(t token.Type) string {
	switch t {
	case token.AnchorType, token.AliasType:
		return "anchors and aliases are not read; write the value out"
	case token.MergeKeyType:
		return "merge keys are not read; write the members out"
	case token.TagType:
		return "tags are not read; put quotes around a text"
	case token.DirectiveType:
		return "directives are not read; leave the line out"
	case token.InfinityType, token.NanType:
		return "numbers without a value are not read"
	case token.MappingKeyType:
		return `"? " is not read; write the key and a colon`
	}
	return ""
}

// nesting follows how deeply tokens nest. A list that is indented like the key it
// belongs to counts as one level with it.
type nesting struct {
	columns []int // where the open blocks begin, outermost first
	flow    int   // open braces and brackets
}

// add takes the next token; column is where it begins, or where its key does.
func (n *nesting) add(t token.Type, column int) {
	switch t {
	case token.MappingStartType, token.SequenceStartType:
		n.flow++
	case token.MappingEndType, token.SequenceEndType:
		n.flow = max(0, n.flow-1)
	case token.MappingValueType, token.SequenceEntryType:
		if n.flow > 0 {
			return
		}
		for len(n.columns) > 0 && n.columns[len(n.columns)-1] > column {
			n.columns = n.columns[:len(n.columns)-1]
		}
		if len(n.columns) == 0 || n.columns[len(n.columns)-1] < column {
			n.columns = append(n.columns, column)
		}
	}
}

func (n *nesting) depth() int { return len(n.columns) + n.flow }
