package mockserver

import (
	"fmt"

	"segproof/finding"
)

// maxUsers is how many users of whom a sequence does not hold get a finding each.
const maxUsers = 5

// judgeOrder judges a sequence, over all records or user by user.
func (x compiled) judgeOrder(o Observed) []finding.Finding {
	if !x.PerUser {
		if f, ok := x.judgeSequence(o.Records, o); !ok {
			return []finding.Finding{f}
		}
		return nil
	}
	var found []finding.Finding
	users, failed := 0, 0
	for _, u := range byUser(o.Records) {
		if !x.concerns(u.records) {
			continue
		}
		users++
		f, ok := x.judgeSequence(u.records, Observed{Records: u.records})
		if ok {
			continue
		}
		if failed++; failed <= maxUsers {
			f.Message = u.name + ": " + f.Message
			found = append(found, f)
		}
	}
	if failed > maxUsers {
		last := &found[len(found)-1]
		last.Notes = append(last.Notes, fmt.Sprintf("of %d users it does not hold for %d, of whom %d are not shown", users, failed, failed-maxUsers))
	}
	if users == 0 {
		return []finding.Finding{{Rule: ruleExpectationOrder, Event: x.order[0].event(),
			Message: "got no user with any event of the order, want at least one: nothing was checked",
			Notes:   x.order[0].whyFew(o)}}
	}
	return found
}

// concerns reports whether any of the records is one of the sequence.
func (x compiled) concerns(records []Record) bool {
	for _, s := range x.order {
		for _, r := range records {
			if s.Matches(r) {
				return true
			}
		}
	}
	return false
}

// judgeSequence looks for each event of the sequence behind the one before. To take the
// first that fits is never wrong: it leaves the most for those that follow.
func (x compiled) judgeSequence(records []Record, o Observed) (finding.Finding, bool) {
	next := 0 // index of the first record that may be the one
	var taken []Record
	for i, s := range x.order {
		k := next
		for k < len(records) && !s.Matches(records[k]) {
			k++
		}
		if k == len(records) {
			return x.outOfOrder(i, taken, records, o), false
		}
		taken = append(taken, records[k])
		next = k + 1
	}
	return finding.Finding{}, true
}

// outOfOrder reports that event i of the sequence did not come behind those taken for
// the events before it.
func (x compiled) outOfOrder(i int, taken, records []Record, o Observed) finding.Finding {
	s := x.order[i]
	f := finding.Finding{Rule: ruleExpectationOrder, Event: s.event()}
	if i == 0 {
		f.Message = fmt.Sprintf("got no record of %s, want it as event 1 of %d", s, len(x.order))
		f.Notes = s.whyFew(o)
		return f
	}
	last := taken[i-1]
	f.Message = fmt.Sprintf("got no record of %s behind record %s, want it as event %d of %d", s, describe(last), i+1, len(x.order))
	for k, r := range taken {
		f.Notes = append(f.Notes, fmt.Sprintf("event %d is record %s", k+1, describe(r)))
	}
	if len(f.Notes) > maxCame {
		f.Notes = f.Notes[len(f.Notes)-maxCame:]
	}
	early := 0
	for _, r := range records {
		if s.Matches(r) {
			if early++; early <= maxCame {
				f.Notes = append(f.Notes, fmt.Sprintf("too early for event %d: record %s", i+1, describe(r)))
			}
		}
	}
	if early == 0 {
		f.Notes = append(f.Notes, s.whyFew(o)...)
	}
	return f
}

// userRecords are the records of one user, in the order of arrival.
type userRecords struct {
	name    string // for a sentence
	records []Record
}

// byUser sorts records by their users, in the order of the users' first records. An
// event's user is its userId. One with an anonymousId alone belongs to the userId that
// came with the same anonymousId, before or after, if that is one and the same each time;
// else it is a user of its own. So a visitor who signs up stays one user, and two who
// share a browser stay two. Events without either are taken for one user.
func byUser(records []Record) []userRecords {
	owner := map[string]string{} // userId by anonymousId, "" if there are several
	for _, r := range records {
		userID, anonymousID := r.ids()
		if userID == "" || anonymousID == "" {
			continue
		}
		if known, ok := owner[anonymousID]; ok && known != userID {
			userID = ""
		}
		owner[anonymousID] = userID
	}
	index := map[string]int{}
	var all []userRecords
	for _, r := range records {
		userID, anonymousID := r.ids()
		if userID == "" {
			userID = owner[anonymousID]
		}
		name := "events without a user"
		switch {
		case userID != "":
			name = "user " + quoted(userID)
		case anonymousID != "":
			name = "anonymous user " + quoted(anonymousID)
		}
		i, ok := index[name]
		if !ok {
			i = len(all)
			index[name] = i
			all = append(all, userRecords{name: name})
		}
		all[i].records = append(all[i].records, r)
	}
	for i := range all {
		all[i].name = Shorten(all[i].name)
	}
	return all
}
