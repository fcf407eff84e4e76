package functions

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// newError turns what a function threw into an Error: in the words of V8, which Segment's
// users see, and with the places in the function's own source.
func (f *Function) newError(t thrown) *Error {
	e := &Error{Class: t.Name, Message: t.Message, Thrown: t.Thrown, Code: t.Code}
	if t.Thrown != "Error" && e.Class == "" {
		e.Class = t.Thrown
	}
	if e.Class == "ReferenceError" && strings.HasPrefix(e.Message, "could not load module") {
		e.Class, e.Message, e.Code = "TypeError", "A dynamic import callback was not specified.", "ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING"
	}
	e.Stack = frames(t.Stack)
	// What the prelude writes behind the file is not the user's.
	lines := strings.Count(f.source, "\n") + 1
	e.Stack = slices.DeleteFunc(e.Stack, func(at Frame) bool { return at.Line > lines })
	for i := range e.Stack {
		if at := &e.Stack[i]; at.Line == 1 {
			at.Column = max(1, at.Column-f.prefixed)
		}
	}
	if len(e.Stack) > 0 {
		e.File, e.Line, e.Column = f.name, e.Stack[0].Line, e.Stack[0].Column
	}
	source := f.source
	if !strings.Contains(firstLine(t.Stack), sourceName) {
		source = "" // a built-in threw: it was found and called, and its message is about its arguments
	}
	e.reword(source)
	switch {
	case e.Class == "RangeError" && e.Message == "Maximum call stack size exceeded":
		e.Limit = LimitStack
	case (e.Class == "InternalError" || e.Class == "RangeError") && e.Message == "out of memory":
		e = LimitMemory.fault(f.opts.Timeout)
	}
	return e
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// rewording turns a message of QuickJS into V8's.
type rewording struct {
	class string // of the errors that it is for
	from  *regexp.Regexp
	to    string
}

// rewordings is the table of messages that mean the same, whatever they are about. The
// rest stays as QuickJS words it.
var rewordings = sync.OnceValue(func() []rewording {
	var all []rewording
	for _, w := range [][3]string{
		{"TypeError", `^cannot read property 'Symbol\.iterator' of (undefined|null)$`, "$1 is not iterable"},
		{"TypeError", `^cannot read property '(.*)' of (undefined|null)$`, "Cannot read properties of $2 (reading '$1')"},
		{"TypeError", `^cannot read property of (undefined|null)$`, "Cannot read properties of $1"},
		{"TypeError", `^cannot set property '(.*)' of (undefined|null)$`, "Cannot set properties of $2 (setting '$1')"},
		{"TypeError", `^'.*' is read-only$`, "Assignment to constant variable."},
		{"TypeError", `^empty array$`, "Reduce of empty array with no initial value"},
		{"TypeError", `^cannot convert symbol to string$`, "Cannot convert a Symbol value to a string"},
		{"TypeError", `^cannot convert bigint to number$`, "Cannot mix BigInt and other types, use explicit conversions"},
		{"ReferenceError", `^'(.*)' is not defined$`, "$1 is not defined"},
		{"ReferenceError", `^this is not initialized$`, "Must call super constructor in derived class before accessing 'this' or returning from derived constructor"},
		{"ReferenceError", `^(.*) is not initialized$`, "Cannot access '$1' before initialization"},
		{"RangeError", `^invalid array length$`, "Invalid array length"},
		{"RangeError", `^stack overflow$`, "Maximum call stack size exceeded"},
		{"RangeError", `^Date value is NaN$`, "Invalid time value"},
		{"RangeError", `^radix must be between 2 and 36$`, "toString() radix argument must be between 2 and 36"},
		{"SyntaxError", `^unexpected token in expression: (.*)$`, "Unexpected token $1"},
		{"SyntaxError", `^unsupported keyword: (.*)$`, "Unexpected token '$1'"},
		{"TypeError", `^cannot convert to object$`, "Cannot convert undefined or null to object"},
		{"URIError", `^(?:expecting .*|malformed .*)$`, "URI malformed"},
	} {
		all = append(all, rewording{w[0], regexp.MustCompile(w[1]), w[2]})
	}
	return all
})

// callee finds what is called at the end of a text, and whether it is called with new.
var callee = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(\bnew\s+)?([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)\s*$`)
})

// reword gives the message V8's words. Some of them name what stands in the source at the
// error's place, if source is given; QuickJS places a call at its parenthesis.
func (e *Error) reword(source string) {
	for _, w := range rewordings() {
		if w.class == e.Class && w.from.MatchString(e.Message) {
			e.Message = w.from.ReplaceAllString(e.Message, w.to)
			return
		}
	}
	if e.Class == "SyntaxError" {
		e.rewordSyntax(source)
		return
	}
	called := callee().FindStringSubmatch(before(source, e.Line, e.Column))
	switch {
	case e.Class != "TypeError" || called == nil:
	case e.Message == "not a function" && called[1] != "":
		e.Message = called[2] + " is not a constructor"
	case e.Message == "not a function":
		e.Message = called[2] + " is not a function"
	}
}

var (
	lexicalHandler = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\b(?:const|let|class)\s+(on[A-Z]\w*)`)
	})
	lastWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(\w+)\s*$`) })
)

// rewordSyntax does the same for what is no JavaScript.
func (e *Error) rewordSyntax(source string) {
	var last string
	if m := lastWord().FindStringSubmatch(before(source, e.Line, e.Column)); m != nil {
		last = m[1]
	}
	declared := lexicalHandler().FindStringSubmatch(source)
	switch {
	case e.Message == "invalid redefinition of parameter name" && declared != nil:
		e.Message = "Identifier '" + declared[1] + "' has already been declared"
	case e.Message == "expecting ';'" && last == "await":
		e.Message = "await is only valid in async functions and the top level bodies of modules"
	case e.Message == "expecting '('" && last == "import":
		e.Message = "Cannot use import statement outside a module"
	}
}

// before returns what stands in a line before a column, both counted from 1.
func before(source string, line, column int) string {
	for i, text := range strings.Split(source, "\n") {
		if i+1 == line {
			return text[:min(max(column-1, 0), len(text))]
		}
	}
	return ""
}

// frameLine is one line of a stack, in either engine.
var frameLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*at (?:async )?(?:(.*) \()?(.*):(\d+):(\d+)\)?$`)
})

// frames returns the places of a stack that lie in the function's source.
func frames(stack string) []Frame {
	var all []Frame
	for line := range strings.Lines(stack) {
		m := frameLine().FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil || m[2] != sourceName {
			continue
		}
		l, _ := strconv.Atoi(m[3]) // digits only
		c, _ := strconv.Atoi(m[4])
		name := m[1]
		if name == "<anonymous>" {
			name = ""
		}
		all = append(all, Frame{Func: name, Line: l, Column: c})
	}
	return all
}
