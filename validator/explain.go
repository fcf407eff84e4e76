package validator

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"segproof/finding"
	"segproof/internal/jsonpos"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// schema judges the event by one contract or by the spec's schema of its type.
func (j *judgement) schema(layer finding.Layer, contract *Contract) {
	err := contract.schema.Validate(j.event)
	if err == nil {
		return
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		j.report(finding.Finding{Layer: layer, Rule: ruleValidatorFailed, Message: "the contract cannot judge this event: " + err.Error(),
			Schema: contract.doc.where("")})
		return
	}
	x := explainer{cat: j.cat, event: j.event, contract: contract, table: keywordTable()}
	said := map[string]bool{}
	for _, l := range x.leaves(invalid) {
		if id := l.rule + " " + l.pointer + " " + l.message; !said[id] {
			said[id] = true
			j.report(finding.Finding{Layer: layer, Rule: l.rule, Pointer: l.pointer, Message: l.message, Hint: l.hint, Schema: l.where()})
		}
	}
}

// explainer turns the library's tree of errors into what a person is told. It looks at
// the keyword, the schema and the value, never at the library's words.
type explainer struct {
	cat      *Catalog
	event    map[string]any
	contract *Contract
	table    map[string]keyword
}

// leaf is one cause: a keyword of the contract that a value of the event does not keep.
type leaf struct {
	keyword string         // "type", "required", ...; "false" for the schema false
	want    any            // the keyword's value
	schema  map[string]any // the schema that holds the keyword; nil if not known
	doc     *document      // where the schema stands; nil if it is none of ours
	at      string         // pointer of the keyword in doc
	got     any            // the value judged
	name    string         // of the property that the cause is about, if it is one

	pointer       string // of the value in the event
	rule          string
	message, hint string
}

func (l leaf) where() string {
	if l.doc == nil {
		return ""
	}
	return l.doc.where(l.at)
}

// leaves returns the causes below e, in the contract's order as far as it has one.
func (x *explainer) leaves(e *jsonschema.ValidationError) []leaf {
	doc, at := x.cat.document(x.contract.doc.root, e.AbsoluteKeywordLocation)
	steps := jsonpos.Steps(at)
	last := ""
	if len(steps) > 0 {
		last = steps[len(steps)-1]
	}
	switch path := x.keywordPath(e.KeywordLocation); {
	case slices.Contains(path, "propertyNames"):
		return x.nameLeaf(e)
	case slices.Contains(path, "contentSchema"):
		return x.one(leaf{keyword: "contentSchema", doc: doc, at: at}, e)
	case len(e.Causes) > 0 && e.Message != "" && (last == "anyOf" || last == "oneOf"):
		return x.closest(e, doc, at)
	case len(e.Causes) > 0 && last != "minContains" && last != "contains":
		var all []leaf
		for _, cause := range e.Causes {
			all = append(all, x.leaves(cause)...)
		}
		slices.SortStableFunc(all, func(a, b leaf) int { return strings.Compare(a.pointer, b.pointer) })
		return all
	}
	return x.leaf(e, doc, at, steps)
}

// leaf explains an error without causes.
func (x *explainer) leaf(e *jsonschema.ValidationError, doc *document, at string, steps []string) []leaf {
	l := leaf{doc: doc, at: at}
	n := len(steps)
	switch {
	case doc == nil || n == 0:
		l.keyword = "false"
	case n >= 3 && (steps[n-3] == "dependencies" || steps[n-3] == "dependentRequired"):
		l.keyword = steps[n-3]
		l.name, _ = doc.at(at).(string)
	case doc.at(at) == false && steps[n-1] != "additionalProperties" && steps[n-1] != "additionalItems":
		l.keyword = "false"
		if slices.Contains([]string{"items", "unevaluatedItems", "unevaluatedProperties"}, steps[n-1]) {
			l.keyword = steps[n-1]
		}
	default:
		l.keyword = steps[n-1]
	}
	if cut := strings.LastIndexByte(at, '/'); doc != nil && cut >= 0 {
		l.want = doc.at(at)
		l.schema, _ = doc.at(at[:cut]).(map[string]any)
	}
	switch l.keyword {
	case "required":
		return x.missing(l, e)
	case "additionalProperties":
		return x.additional(l, e)
	}
	return x.one(l, e)
}

// one fills in the rule and the words of a leaf about the value that e points at.
func (x *explainer) one(l leaf, e *jsonschema.ValidationError) []leaf {
	l.pointer = unescapePointer(e.InstanceLocation)
	l.got = x.value(l.pointer)
	return []leaf{l.explained()}
}

// missing makes a leaf of each required property that is not there, at the place where
// it should be.
func (x *explainer) missing(l leaf, e *jsonschema.ValidationError) []leaf {
	object, _ := x.value(unescapePointer(e.InstanceLocation)).(map[string]any)
	required, _ := l.want.([]any)
	var all []leaf
	for i, r := range required {
		name, _ := r.(string)
		if _, ok := object[name]; ok || name == "" && r != "" {
			continue
		}
		m := l
		m.name, m.got = name, object
		m.at = l.at + "/" + strconv.Itoa(i)
		m.pointer = jsonpos.Join(unescapePointer(e.InstanceLocation), name)
		all = append(all, m.explained())
	}
	return all
}

// additional makes a leaf of each property that a closed schema does not know.
func (x *explainer) additional(l leaf, e *jsonschema.ValidationError) []leaf {
	pointer := unescapePointer(e.InstanceLocation)
	object, _ := x.value(pointer).(map[string]any)
	declared, _ := l.schema["properties"].(map[string]any)
	var all []leaf
	for _, name := range sortedKeys(object) {
		if _, ok := declared[name]; ok || matchesAny(l.schema["patternProperties"], name) {
			continue
		}
		m := l
		m.name, m.got = name, object
		m.pointer = jsonpos.Join(pointer, name)
		all = append(all, m.explained())
	}
	return all
}

// nameLeaf explains an error below propertyNames: the library points at the property,
// but it is its name that was judged.
func (x *explainer) nameLeaf(e *jsonschema.ValidationError) []leaf {
	for len(e.Causes) > 0 {
		e = e.Causes[0]
	}
	doc, at := x.cat.document(x.contract.doc.root, e.AbsoluteKeywordLocation)
	pointer := unescapePointer(e.InstanceLocation)
	steps := jsonpos.Steps(pointer)
	l := leaf{doc: doc, at: at, pointer: pointer}
	if len(steps) > 0 {
		l.name = steps[len(steps)-1]
	}
	inner := leaf{doc: doc, at: at, got: l.name}
	if keys := jsonpos.Steps(at); doc != nil && len(keys) > 0 {
		inner.keyword, inner.want = keys[len(keys)-1], doc.at(at)
	}
	inner = inner.explained()
	l.rule, l.message = rulePropertyName, "property name "+quote(l.name)+": "+inner.message
	return []leaf{l}
}

// keywordPath returns the keywords on the way to an error, without the names and indexes
// between them.
func (x *explainer) keywordPath(location string) []string {
	var path []string
	steps := jsonpos.Steps(unescapePointer(location))
	for i := 0; i < len(steps); i++ {
		path = append(path, steps[i])
		switch x.table[steps[i]].nest {
		case named, namedOrPlain, list:
			i++
		case oneOrList:
			if i+1 < len(steps) && strings.Trim(steps[i+1], "0123456789") == "" {
				i++
			}
		}
	}
	return path
}

// value returns the part of the event that the pointer leads to; nil if it leads nowhere.
func (x *explainer) value(pointer string) any {
	return (&document{value: x.event}).at(pointer)
}
