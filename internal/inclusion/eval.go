package inclusion

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"unicode/utf8"
)

// evaluator judges values as the JSON Schema library does, keyword by keyword, so that
// the engines can ask about a part of a schema, and often. A witness is never shown on
// its word alone. The tests hold it to the library.
type evaluator struct {
	unsure string // set once a node was met that cannot be told, and why
	steps  int
	limit  int // of the steps; 0 means none
	frame  []judged
}

// judged is what a node that joins others was found to make of the current value: it may
// be asked again, by many ways.
type judged struct {
	n    *node
	ok   bool
	seen evaluated
}

// evaluated is what the keywords of a schema, and of those it joins, have judged of a
// value: what unevaluatedProperties and unevaluatedItems leave alone.
type evaluated struct {
	all   bool
	names map[string]bool
	items map[int]bool
}

func (e *evaluated) name(name string) {
	if e.names == nil {
		e.names = map[string]bool{}
	}
	e.names[name] = true
}

func (e *evaluated) item(i int) {
	if e.items == nil {
		e.items = map[int]bool{}
	}
	e.items[i] = true
}

func (e *evaluated) join(other evaluated) {
	e.all = e.all || other.all
	for name := range other.names {
		e.name(name)
	}
	for i := range other.items {
		e.item(i)
	}
}

// accepts reports whether the node accepts a value.
func (ev *evaluator) accepts(n *node, v any) bool {
	around := ev.frame
	ev.frame = nil
	ok := ev.judge(n, v, &evaluated{})
	ev.frame = around
	return ok
}

// judge is accepts for the current value; it adds to seen what of v was judged. A schema
// does not know what those around it have judged.
func (ev *evaluator) judge(n *node, v any, seen *evaluated) bool {
	for _, before := range ev.frame {
		if before.n == n {
			seen.join(before.seen)
			return before.ok
		}
	}
	var own evaluated
	ok := ev.keywords(n, v, &own)
	if !ok {
		own = evaluated{}
	}
	seen.join(own)
	if n.joins() && len(ev.frame) < maxFrame {
		ev.frame = append(ev.frame, judged{n, ok, own})
	}
	return ok
}

// maxFrame is how many nodes are remembered for one value.
const maxFrame = 64

// joins reports whether other nodes judge the same value because n does.
func (n *node) joins() bool {
	return n.ref != nil || n.not != nil || n.ifThen != nil || len(n.allOf)+len(n.anyOf)+len(n.oneOf)+len(n.object.dependencies) > 0
}

// keywords judges by all keywords of a node.
func (ev *evaluator) keywords(n *node, v any, seen *evaluated) bool {
	if ev.steps++; ev.limit > 0 && ev.steps > ev.limit {
		ev.unsure = "its alternatives multiply"
		return false
	}
	if n.opaque != "" {
		ev.unsure = n.opaque
	}
	if n.never || n.kinds&kindOf(v) == 0 {
		return false
	}
	if len(n.lists) > 0 && !n.listed(v) {
		return false
	}
	ok := true
	switch v := v.(type) {
	case json.Number:
		ok = n.number.accepts(rational(v))
	case string:
		ok = n.text.accepts(v)
	case []any:
		ok = ev.array(n, v, seen)
	case map[string]any:
		ok = ev.object(n, v, seen)
	}
	return ok && ev.joined(n, v, seen) && ev.unevaluated(n, v, seen)
}

// maxCompared is how many values of a list are compared one by one.
const maxCompared = 8

// listed reports whether a value is in each list of the node.
func (n *node) listed(v any) bool {
	if n.sets == nil {
		for _, list := range n.lists {
			set := map[string]bool{}
			for _, item := range list {
				if len(list) > maxCompared {
					set[canonical(item)] = true
				}
			}
			n.sets = append(n.sets, set)
		}
	}
	for i, list := range n.lists {
		if len(list) > maxCompared && !n.sets[i][canonical(v)] || len(list) <= maxCompared && !contains(list, v) {
			return false
		}
	}
	return true
}

func (w *numberWords) accepts(r *big.Rat) bool {
	switch {
	case w.min != nil && r.Cmp(w.min) < 0,
		w.max != nil && r.Cmp(w.max) > 0,
		w.above != nil && r.Cmp(w.above) <= 0,
		w.below != nil && r.Cmp(w.below) >= 0:
		return false
	}
	return w.multipleOf == nil || isMultiple(r, w.multipleOf)
}

func isMultiple(r, of *big.Rat) bool { return of.Sign() != 0 && new(big.Rat).Quo(r, of).IsInt() }

func (w *textWords) accepts(s string) bool {
	if length := utf8.RuneCountInString(s); w.minLength >= 0 && length < w.minLength || w.maxLength >= 0 && length > w.maxLength {
		return false
	}
	return (w.pattern == nil || w.pattern.regexp.MatchString(s)) && (w.check == nil || w.check(s)) && w.decodes(s)
}

// decodes reports whether the string is encoded, and of the media type, as it should be.
func (w *textWords) decodes(s string) bool {
	content := []byte(s)
	if w.encoding != "" {
		decoded, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return false
		}
		content = decoded
	}
	var v any
	return w.media == "" || json.Unmarshal(content, &v) == nil
}

func (ev *evaluator) array(n *node, v []any, seen *evaluated) bool {
	w := &n.array
	if w.minItems >= 0 && len(v) < w.minItems || w.maxItems >= 0 && len(v) > w.maxItems || w.unique && repeats(v) {
		return false
	}
	for i, item := range v {
		if i < len(w.prefix) || w.rest != nil {
			seen.item(i)
		}
		if below := n.element(i); below != nil && !ev.accepts(below, item) {
			return false
		}
	}
	if w.contains == nil {
		return true
	}
	found := 0
	for i, item := range v {
		if ev.accepts(w.contains, item) {
			found++
			if w.evaluates {
				seen.item(i)
			}
		}
	}
	return found >= w.minContains && (w.maxContains < 0 || found <= w.maxContains)
}

func repeats(v []any) bool {
	for i := range v {
		if contains(v[:i], v[i]) {
			return true
		}
	}
	return false
}

func (ev *evaluator) object(n *node, v map[string]any, seen *evaluated) bool {
	w := &n.object
	if w.minProperties >= 0 && len(v) < w.minProperties || w.maxProperties >= 0 && len(v) > w.maxProperties {
		return false
	}
	for _, name := range w.required {
		if _, ok := v[name]; !ok {
			return false
		}
	}
	// In order, so that the same work counts the same steps.
	for _, name := range slices.Sorted(maps.Keys(v)) {
		member := v[name]
		if w.propertyNames != nil && !ev.accepts(w.propertyNames, name) {
			return false
		}
		for _, below := range n.member(name) {
			seen.name(name)
			if !ev.accepts(below, member) {
				return false
			}
		}
	}
	seen.all = seen.all || w.additional != nil
	for _, d := range w.dependencies {
		if _, ok := v[d.name]; !ok {
			continue
		}
		for _, name := range d.required {
			if _, ok := v[name]; !ok {
				return false
			}
		}
		if d.node != nil && !ev.judge(d.node, v, seen) {
			return false
		}
	}
	return true
}

// joined judges by the schemas that judge the same value.
func (ev *evaluator) joined(n *node, v any, seen *evaluated) bool {
	if n.ref != nil && !ev.judge(n.ref, v, seen) || n.not != nil && ev.judge(n.not, v, &evaluated{}) {
		return false
	}
	for _, below := range n.allOf {
		if !ev.judge(below, v, seen) {
			return false
		}
	}
	if len(n.anyOf) > 0 && ev.matches(n.anyOf, v, seen) == 0 || len(n.oneOf) > 0 && ev.matches(n.oneOf, v, seen) != 1 {
		return false
	}
	if n.ifThen == nil {
		return true
	}
	branch := n.orElse
	if ev.judge(n.ifThen, v, seen) {
		branch = n.then
	}
	return branch == nil || ev.judge(branch, v, seen)
}

// matches counts the nodes that accept the value; those add to seen.
func (ev *evaluator) matches(nodes []*node, v any, seen *evaluated) int {
	count := 0
	for _, below := range nodes {
		if ev.judge(below, v, seen) {
			count++
		}
	}
	return count
}

func (ev *evaluator) unevaluated(n *node, v any, seen *evaluated) bool {
	switch v := v.(type) {
	case map[string]any:
		if n.object.unevaluated == nil {
			return true
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			member := v[name]
			if !seen.all && !seen.names[name] && !ev.accepts(n.object.unevaluated, member) {
				return false
			}
		}
		seen.all = true
	case []any:
		if n.array.unevaluated == nil {
			return true
		}
		for i, item := range v {
			if !seen.all && !seen.items[i] && !ev.accepts(n.array.unevaluated, item) {
				return false
			}
		}
		seen.all = true
	}
	return true
}
