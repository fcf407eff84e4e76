package importer

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"segproof/event"
)

// annotation is a note behind an event's name that is not sent.
var annotation = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\s*\(\s*(coming soon|v\d+|beta|deprecated|new|legacy|optional)\s*\)\s*$`)
})

// callNote is a note in or behind an event's name that says which call it is: "(track
// event)", "(page)", "- screen call".
var callNote = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("(?i)\\s*[(\\[]\\s*`?(track|identify|page|screen|group)`?(?:\\s+(?:event|call)s?)?\\s*[)\\]]|\\s+[-–—:]\\s+`?(track|identify|page|screen|group)`?\\s+(?:event|call)\\s*$")
})

// nameLabel is what is written before an event's name: a number, or the word event.
var nameLabel = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^(?:\d+(?:\.\d+)*[.)]\s+|event(?: name)?:\s+)`) })

// bareName is an event's name without what pages write around it.
type bareName struct {
	name  string
	call  event.Type // that the note names; "" if none does
	taken []string   // what was taken off, in order
}

// undress takes off what is written around an event's name and is not sent: the call,
// notes, numbers, pictures.
func undress(text string) bareName {
	b := bareName{name: strings.TrimSpace(text)}
	if note := footnoteOf(b.name); note != "" && note != b.name {
		b.taken, b.name = append(b.taken, strings.TrimSpace(note)), strings.TrimSpace(strings.TrimSuffix(b.name, note))
	}
	if !strings.ContainsAny(b.name, "([-–—:.") && strings.IndexFunc(b.name, isPicture) < 0 && !strings.Contains(b.name, ")") {
		return b
	}
	drop := func(part, rest string) {
		if rest = strings.TrimSpace(rest); rest != "" && strings.TrimSpace(part) != "" {
			b.taken, b.name = append(b.taken, strings.TrimSpace(part)), rest
		}
	}
	before := strings.TrimLeftFunc(b.name, isPictureOrSpace)
	drop(b.name[:len(b.name)-len(before)], before)
	after := strings.TrimRightFunc(b.name, isPictureOrSpace)
	drop(b.name[len(after):], after)
	for range 2 { // "3. Event: Order Found"
		if m := nameLabel().FindString(b.name); m != "" {
			drop(m, b.name[len(m):])
		}
	}
	for {
		was := b.name
		if m := annotationOf(b.name); m != "" {
			drop(m, strings.TrimSuffix(b.name, m))
		}
		if m := callNote().FindStringSubmatchIndex(b.name); m != nil && callNamed(b.name) == "" {
			call := firstCall(callNote(), b.name)
			if drop(b.name[m[0]:m[1]], b.name[:m[0]]+b.name[m[1]:]); b.name != was && b.call == "" {
				b.call = call
			}
		}
		if b.name == was {
			return b
		}
	}
}

// isPicture reports whether a letter is an emoji or a sign such as a tick: letters like ™
// come before these.
func isPicture(r rune) bool {
	return r >= 0x2190 && unicode.Is(unicode.So, r) || r == 0xFE0F || r == 0x200D || r >= 0x1F3FB && r <= 0x1F3FF
}

func isPictureOrSpace(r rune) bool { return unicode.IsSpace(r) || isPicture(r) }

// bare returns the name in a cell without what is written around it, and tells what was
// taken off.
func (p *page) bare(c cell) bareName {
	b := undress(c.text)
	for _, part := range b.taken {
		p.report(ruleEventAnnotation, c.at, fmt.Sprintf("%q is taken off the event's name %q", part, c.text), "")
	}
	return b
}

// The notes around a property's name that are not sent: the lines of a tree, footnotes,
// "(deprecated)".
var (
	treeLines = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:[-–—•└├│─↳]+\s+|[└├│─↳]+\s*)+`)
	})
	propertyNote = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)(?:\s*(?:\(\s*(?:deprecated|new|beta|legacy|v\d+)\s*\)|\[\^[^\]]+\]|[` + footnoteSigns + `]))+$`)
	})
)

// bare returns the name of a property without what is written around it, and tells what was
// taken off.
func (r *rowReader) bare(c cell, name string) string {
	if len(c.codes) > 0 { // code is meant as it stands
		code := strings.TrimSpace(c.codes[0])
		note, ok := strings.CutPrefix(name, code)
		if !ok || note == "" || propertyNote().FindString(note) != note {
			return name
		}
		r.page.report(rulePropertyAnnotation, c.at, fmt.Sprintf("the name %q is read as %q", name, code), "")
		return code
	}
	if name == "" || isWordByte(name[0]) && isWordByte(name[len(name)-1]) && name[len(name)-1] < 0x80 && name[0] < 0x80 {
		return name // as most are
	}
	bare := name[len(treeLines().FindString(name)):]
	bare = strings.TrimSpace(propertyNote().ReplaceAllString(bare, ""))
	if bare == name || bare == "" {
		return name
	}
	hint := ""
	if !strings.HasPrefix(name, bare) {
		hint = "a property that lies in another has its path for a name: parent.child"
	}
	r.page.report(rulePropertyAnnotation, c.at, fmt.Sprintf("the name %q is read as %q", name, bare), hint)
	return bare
}
