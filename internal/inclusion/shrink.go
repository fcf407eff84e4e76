package inclusion

import (
	"maps"
	"slices"
)

// shrinker makes a witness smaller, and more like what is known to occur.
type shrinker struct {
	witness func(any) bool
	whole   any // the witness so far
	left    int // values that may still be tried
}

// maxShrunk is how many values the shrinking of one witness tries, and longText how many
// characters a text may have that is not made shorter.
const (
	maxShrunk = 500
	longText  = 40
)

// path leads to a part of a value: names of members and indexes of elements.
type path []any

// part returns what is at a path.
func part(v any, p path) (any, bool) {
	for _, step := range p {
		switch step := step.(type) {
		case string:
			object, _ := v.(map[string]any)
			inner, ok := object[step]
			if !ok {
				return nil, false
			}
			v = inner
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil, false
			}
			v = list[step]
		}
	}
	return v, true
}

// replaced returns the value with another part at a path that is there.
func replaced(v any, p path, with any) any {
	if len(p) == 0 {
		return with
	}
	switch step := p[0].(type) {
	case string:
		c := maps.Clone(v.(map[string]any))
		c[step] = replaced(c[step], p[1:], with)
		return c
	case int:
		c := slices.Clone(v.([]any))
		c[step] = replaced(c[step], p[1:], with)
		return c
	}
	return v
}

// put tries the witness with another part at a path, and keeps it if it is one.
func (s *shrinker) put(p path, with any) bool {
	whole := replaced(s.whole, p, with)
	if s.left--; s.left < 0 || !s.witness(whole) {
		return false
	}
	s.whole = whole
	return true
}

// shrink drops the members and elements that it does not take, and shortens texts.
func (s *shrinker) shrink(p path) {
	v, _ := part(s.whole, p)
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			without := maps.Clone(v)
			delete(without, name)
			if s.put(p, without) {
				v = without
			}
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			s.shrink(append(slices.Clip(p), name))
		}
	case []any:
		for i := len(v) - 1; i >= 0; i-- {
			if without := slices.Delete(slices.Clone(v), i, i+1); s.put(p, without) {
				v = without
			}
		}
		for i := range v {
			s.shrink(append(slices.Clip(p), i))
		}
	case string:
		for runes := []rune(v); len(runes) > longText && s.put(p, string(runes[:len(runes)/2])); {
			runes = runes[:len(runes)/2]
		}
	}
}

// resemble takes over what an example has in the same places, as far as it goes.
func (s *shrinker) resemble(p path, like any) {
	v, _ := part(s.whole, p)
	if equal(v, like) {
		return
	}
	switch like := like.(type) {
	case map[string]any:
		object, ok := v.(map[string]any)
		if !ok {
			return
		}
		for _, name := range slices.Sorted(maps.Keys(object)) {
			if inner, there := like[name]; there {
				s.resemble(append(slices.Clip(p), name), inner)
			}
		}
	case []any:
		list, ok := v.([]any)
		for i := 0; ok && i < min(len(list), len(like)); i++ {
			s.resemble(append(slices.Clip(p), i), like[i])
		}
	default:
		if kindOf(v)&(objects|arrays) == 0 {
			s.put(p, like)
		}
	}
}
