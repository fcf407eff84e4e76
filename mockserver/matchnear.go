package mockserver

import (
	"cmp"
	"fmt"
	"slices"
)

// Near is a record that is not one of those that are meant, and why not.
type Near struct {
	Record      Record
	Differences []Difference // at least one
}

// maxCompared is how many records [Selector.Near] compares property by property: of those
// of the right type, name and user first, the latest ones.
const maxCompared = 1000

// likely returns the records that [Selector.Near] would compare of these; it may change
// their order, and forgets the others.
func (s *Selector) likely(records []Record) []Record {
	distance := map[int64]int{}
	for _, r := range records {
		distance[r.Seq] = s.distance(r)
	}
	slices.SortFunc(records, func(a, b Record) int {
		return cmp.Or(cmp.Compare(distance[a.Seq], distance[b.Seq]), cmp.Compare(b.Seq, a.Seq))
	})
	n := min(len(records), maxCompared)
	clear(records[n:])
	return records[:n]
}

// Near returns the records that come nearest to the ones that are meant, at most n, the
// nearest first and of equals the latest. Records that [Selector.Matches] are none of
// them. It is for telling why too few came.
func (s *Selector) Near(records []Record, n int) []Near {
	type candidate struct {
		near Near
		cost int
	}
	byCost := func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(b.near.Record.Seq, a.near.Record.Seq))
	}
	var all []candidate
	for _, r := range records {
		all = append(all, candidate{Near{Record: r}, s.distance(r)})
	}
	slices.SortStableFunc(all, byCost)
	all = all[:min(len(all), maxCompared)]
	for i := range all {
		c := &all[i]
		c.cost += costMember * len(s.compareEvent(c.near.Record))
	}
	all = slices.DeleteFunc(all, func(c candidate) bool { return c.cost == 0 })
	slices.SortStableFunc(all, byCost)
	var nearest []Near
	for _, c := range all[:min(len(all), max(n, 0))] {
		c.near.Differences = s.Differences(c.near.Record)
		nearest = append(nearest, c.near)
	}
	return nearest
}

// nearOnly is Near without the noise: beside a record that comes near, those of another
// kind are left out.
func (s *Selector) nearOnly(records []Record, n int) []Near {
	nearest := s.Near(records, n)
	if len(nearest) == 0 {
		return nil
	}
	far := s.distance(nearest[0].Record) + costUser
	return slices.DeleteFunc(nearest, func(n Near) bool { return s.distance(n.Record) > far })
}

// How much of the nearest records a failed expectation shows.
const (
	maxNear            = 3
	maxNearDifferences = 6 // of each
)

// notes describes near records in lines for a person: each record, then each property in
// which it differs.
func notes(nearest []Near) []string {
	var lines []string
	for i, near := range nearest {
		line := "record " + describe(near.Record)
		if i == 0 {
			line = "nearest is record " + describe(near.Record)
		}
		lines = append(lines, line+", which differs:")
		for k, d := range near.Differences {
			if k == maxNearDifferences {
				lines = append(lines, fmt.Sprintf("  %d more differences are not shown", len(near.Differences)-k))
				break
			}
			lines = append(lines, "  "+d.String())
		}
	}
	return lines
}

// describe names a record in a sentence: 3, track "Order Completed" of user "u1".
func describe(r Record) string {
	text := fmt.Sprint(r.Seq)
	if what := string(r.Event.Type); what != "" {
		text += ", " + Shorten(what)
	}
	if r.Event.Name != "" {
		text += " " + Shorten(quoted(r.Event.Name))
	}
	userID, anonymousID := r.ids()
	switch {
	case userID != "":
		text += " of user " + Shorten(quoted(userID))
	case anonymousID != "":
		text += " of anonymous user " + Shorten(quoted(anonymousID))
	}
	return text
}
