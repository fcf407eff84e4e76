package functions

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"modernc.org/quickjs"
)

//go:embed lint/lint.js
var lintText string

// Complaint is one thing in a function's text that goes wrong only once it is deployed,
// or only now and then.
type Complaint struct {
	Rule    string `json:"rule"`   // a stable ID, for example "function-handler-misspelt"
	Line    int    `json:"line"`   // 1-based
	Column  int    `json:"column"` // 1-based, in UTF-16 units
	Message string `json:"message"`
	Hint    string `json:"hint"` // what to do about it; may be ""
}

// lintCode is the linter compiled, once for all calls: acorn gives the syntax tree, and
// lint/lint.js walks it.
var lintCode = sync.OnceValues(func() ([]byte, error) {
	acorn, err := bundleText("acorn")
	if err != nil {
		return nil, err
	}
	return compile("(function(){" + acorn + "\nconst module = { exports: {} }; globalThis.__segproofBundle(undefined, module, module.exports);" +
		"const { parse } = module.exports;\n" + lintText + "\nreturn (source, kind) => JSON.stringify(lint(source, kind)); })()")
})

// lintTimeout is how long the linter may take. A file of a megabyte takes a second; under
// the race detector a hundred times that.
const lintTimeout = 5 * time.Minute

// MaxLintBytes is the largest source, in bytes, that Lint reads: more than Segment's
// editor takes by far.
const MaxLintBytes = 1 << 20

// Lint reads the source of a function of that kind and returns what is wrong with it, by
// place, the first hundred at most. It runs nothing of it. An error says that the linter itself failed, or that the
// source is too large.
func Lint(source string, kind Kind) ([]Complaint, error) {
	if len(source) > MaxLintBytes {
		return nil, fmt.Errorf("lint: the source has %d bytes, want at most %d", len(source), MaxLintBytes)
	}
	opts, err := Options{Kind: kind}.complete(source)
	if err != nil {
		return nil, err
	}
	code, err := lintCode()
	if err != nil {
		return nil, fmt.Errorf("compile the linter: %w", err)
	}
	vm, err := quickjs.NewVM()
	if err != nil {
		return nil, fmt.Errorf("start quickjs: %w", err)
	}
	defer vm.Close()
	vm.SetMemoryLimit(DefaultMemory)
	if err := vm.SetEvalTimeout(lintTimeout); err != nil {
		return nil, err
	}
	lint, err := vm.EvalBytecodeValue(code)
	if err != nil {
		return nil, fmt.Errorf("start the linter: %w", err)
	}
	defer lint.Free()
	answer, err := lint.Call(quickjs.UndefinedValue, source, string(opts.Kind))
	if err != nil {
		return nil, fmt.Errorf("lint: %w", err)
	}
	text, _ := answer.(string)
	var found []Complaint
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		return nil, fmt.Errorf("lint: the linter's answer: %w", err)
	}
	return found, nil
}
