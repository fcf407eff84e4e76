package importer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"segproof/finding"
	"segproof/internal/jsonpos"
)

// privacy says whether the texts at a place of the traffic may stand in a contract, which
// is committed and read by many.
type privacy int

const (
	open     privacy = iota
	personal         // they may be about a person, or a secret
)

// privateWords are words of names whose values are about persons, or secrets. Those of
// four letters or more count inside other words too: username, emailAddress, authtoken.
// Traits are about persons, whatever they are called.
func privateWords() []string {
	return []string{"name", "mail", "phone", "mobile", "address", "street", "postal", "postcode", "zip", "birth", "dob", "age", "gender", "religion",
		"ssn", "passport", "licence", "license", "iban", "salary", "ip", "lat", "lng", "latitude", "longitude",
		"token", "secret", "password", "passwd", "passphrase", "credential", "session", "cookie", "auth", "key", "apikey", "pin", "cvv", "card", "signature",
		"traits"}
}

// isPrivate reports whether a property is named as one whose values nobody wants to read
// in a contract. It rather says yes: an enum is easily added by hand.
func isPrivate(name string) bool {
	words, lower := nameWords(name), strings.ToLower(name)
	return slices.ContainsFunc(privateWords(), func(w string) bool {
		return slices.Contains(words, w) || slices.Contains(words, w+"s") || len(w) >= 4 && strings.Contains(lower, w)
	})
}

// isIdentifier reports whether a property is named as an identifier: id, userId, user_id,
// deviceUUID.
func isIdentifier(name string) bool {
	return slices.ContainsFunc(nameWords(name), func(w string) bool {
		return slices.Contains([]string{"id", "ids", "uid", "uuid", "guid", "userid", "accountid", "orderid"}, w)
	})
}

// nameWords returns the words of a name in lower case: userId, user_id and "User ID" are
// user, id.
func nameWords(name string) []string {
	var b strings.Builder
	var last rune
	runes := []rune(name)
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			r = ' '
		case unicode.IsUpper(r) && (!unicode.IsUpper(last) || i+1 < len(runes) && unicode.IsLower(runes[i+1]) && runes[i+1] != 's'):
			b.WriteByte(' ') // not before the s of IDs
		}
		b.WriteRune(unicode.ToLower(r))
		last = r
	}
	return strings.Fields(b.String())
}

// enums returns a finding for each enum at the place and below it: few texts of a sample
// may be all there are, or all that came.
func (k *kind) enums(p *Property, pointer string) []finding.Finding {
	var found []finding.Finding
	if len(p.Enum) > 0 {
		f := trafficFinding(ruleTrafficEnum, k.at, finding.Event{Type: string(k.callType), Name: k.name, Version: k.version},
			fmt.Sprintf("the proposal allows only the %d values that came: %s", len(p.Enum), valueList(p.Enum)),
			"take the enum out where another value may come, or where these are nobody's to read")
		f.Pointer = pointer
		found = append(found, f)
	}
	for _, child := range p.Properties {
		found = append(found, k.enums(child, jsonpos.Join(pointer, child.Name))...)
	}
	if p.Items != nil {
		found = append(found, k.enums(p.Items, pointer+"/0")...)
	}
	return found
}

func valueList(values []json.RawMessage) string {
	var texts []string
	for _, v := range values {
		texts = append(texts, string(v))
	}
	return strings.Join(texts, ", ")
}
