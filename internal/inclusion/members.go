package inclusion

import (
	"maps"
	"slices"
)

// complete finds values for all members, and more members if there have to be.
func (o *objectSearch) complete(fresh []string) result {
	if r := o.more(fresh); r.outcome != possible {
		return r
	}
	v := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(o.members)) {
		r := o.solve(append(o.base(name), o.members[name]...))
		if r.outcome != possible {
			return r.inside(name)
		}
		v[name] = r.value
	}
	r := o.checked(o.literals, v, "an object that must not be one of those that are listed, or whose names are judged by several schemas")
	if r.outcome == possible {
		return r
	}
	return o.vary(v, r)
}

// maxMembers is how many members the objects may have that the solver thinks of.
const maxMembers = 300

// more adds members until there are enough.
func (o *objectSearch) more(fresh []string) result {
	if o.min > maxMembers {
		return result{why: "an object with very many members"}
	}
	if len(o.members) >= o.min {
		return result{outcome: possible}
	}
	o.members = maps.Clone(o.members)
	left := result{outcome: impossible}
	for _, name := range slices.Sorted(maps.Keys(o.known)) {
		if len(o.members) >= o.min {
			return result{outcome: possible}
		}
		if _, there := o.members[name]; there || o.absent[name] || !o.nameFits(o.names, name) {
			continue
		}
		switch r := o.solve(o.base(name)); r.outcome {
		case possible:
			o.members[name] = nil
		case undecided:
			left = r.inside(name)
		}
	}
	for len(o.members) < o.min {
		found := o.eachClass(wanted{}, nil, func(name string, found outcome) bool {
			if found != possible {
				left = result{why: "the name of a member"}
				return false
			}
			r := o.solve(o.base(name))
			if r.outcome == possible {
				o.members[name] = nil
			} else if r.outcome == undecided {
				left = r
			}
			return r.outcome == possible
		})
		if !found {
			return left
		}
	}
	return result{outcome: possible}
}

// vary tries the object with one more member, if it cannot be as it is: it may be one of
// those that are excluded.
func (o *objectSearch) vary(v map[string]any, left result) result {
	if o.max >= 0 && len(v) >= o.max {
		return left
	}
	add := func(name string) (any, bool) {
		r := o.solve(o.base(name))
		if r.outcome != possible {
			return nil, false
		}
		longer := maps.Clone(v)
		longer[name] = r.value
		ok, sure := o.holds(o.literals, longer)
		return longer, ok && sure
	}
	for _, name := range slices.Sorted(maps.Keys(o.known)) {
		if _, there := v[name]; there || o.absent[name] || !o.nameFits(o.names, name) {
			continue
		}
		if longer, ok := add(name); ok {
			return result{outcome: possible, value: longer}
		}
	}
	var found any
	o.eachClass(wanted{}, nil, func(name string, f outcome) bool {
		if f != possible {
			return false
		}
		longer, ok := add(name)
		if ok {
			found = longer
		}
		return ok
	})
	if found != nil {
		return result{outcome: possible, value: found}
	}
	return left
}
