package functions

import (
	"regexp"
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
	for _, w := range rewordings() {
		if w.class == "" || w.class == e.Class {
			e.Message = w.from.ReplaceAllString(e.Message, w.to)
		}
	}
	switch {
	case e.Class == "RangeError" && e.Message == "Maximum call stack size exceeded":
		e.Limit = LimitStack
	case (e.Class == "InternalError" || e.Class == "RangeError") && e.Message == "out of memory":
		e = LimitMemory.fault(f.opts.Timeout)
	}
	e.Stack = frames(t.Stack)
	if len(e.Stack) > 0 {
		e.File, e.Line, e.Column = f.name, e.Stack[0].Line, e.Stack[0].Column
	}
	return e
}

// rewording turns a message of QuickJS into V8's.
type rewording struct {
	class string // of the errors that it is for; "" is any
	from  *regexp.Regexp
	to    string
}

var rewordings = sync.OnceValue(func() []rewording {
	return []rewording{
		{"TypeError", regexp.MustCompile(`^cannot read property '(.*)' of (undefined|null)$`), "Cannot read properties of $2 (reading '$1')"},
		{"TypeError", regexp.MustCompile(`^cannot set property '(.*)' of (undefined|null)$`), "Cannot set properties of $2 (setting '$1')"},
		{"ReferenceError", regexp.MustCompile(`^'(.*)' is not defined$`), "$1 is not defined"},
		{"RangeError", regexp.MustCompile(`^invalid array length$`), "Invalid array length"},
		{"RangeError", regexp.MustCompile(`^stack overflow$`), "Maximum call stack size exceeded"},
	}
})

// frameLine is one line of a stack, in either engine: QuickJS calls a function's source
// <input>, Node by the name that we gave it.
var frameLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*at (?:async )?(?:(.*) \()?(.*):(\d+):(\d+)\)?$`)
})

// frames returns the places of a stack that lie in the function's source.
func frames(stack string) []Frame {
	var all []Frame
	for line := range strings.Lines(stack) {
		m := frameLine().FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil || m[2] != sourceName && m[2] != "<input>" {
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
