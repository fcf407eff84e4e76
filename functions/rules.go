package functions

import (
	"context"
	"strings"
	"sync"
)

// Rule answers the requests that it matches. A pattern is a text in which * stands for any
// run of characters, also none.
type Rule struct {
	Method    string            // in any case; "" matches any
	URL       string            // a pattern of the whole URL; "" matches any
	Header    map[string]string // a pattern for each header that must be there
	Body      string            // a pattern of the body; "" matches any
	Responses []Response        // one after the other; the last one for all requests after it. None: an empty 200
}

// Rules answers requests by rules: the first one that matches does it. Its methods may be
// called by many goroutines.
type Rules struct {
	rules []Rule
	other Responder

	mu   sync.Mutex // guards hits
	hits []int      // requests that each rule has answered
}

// NewRules returns a Responder of rules. What none of them matches is left to other; nil
// answers it with [ErrUnmatched].
func NewRules(rules []Rule, other Responder) *Rules {
	return &Rules{rules: rules, other: other, hits: make([]int, len(rules))}
}

// Respond answers a request by the first rule that matches it.
func (rs *Rules) Respond(ctx context.Context, r Request) (Response, error) {
	for i := range rs.rules {
		rule := &rs.rules[i]
		if !rule.matches(r) {
			continue
		}
		rs.mu.Lock()
		n := rs.hits[i]
		rs.hits[i]++
		rs.mu.Unlock()
		if len(rule.Responses) == 0 {
			return Response{}, nil
		}
		return rule.Responses[min(n, len(rule.Responses)-1)], nil
	}
	if rs.other == nil {
		return Response{}, ErrUnmatched
	}
	return rs.other.Respond(ctx, r)
}

// Hits returns how many requests each rule has answered, in the order of the rules.
func (rs *Rules) Hits() []int {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return append([]int(nil), rs.hits...)
}

func (rule *Rule) matches(r Request) bool {
	if rule.Method != "" && !strings.EqualFold(rule.Method, r.Method) {
		return false
	}
	if rule.URL != "" && !fits(rule.URL, r.URL) {
		return false
	}
	for name, pattern := range rule.Header {
		values, ok := r.Header[strings.ToLower(name)]
		if !ok || !fits(pattern, strings.Join(values, ", ")) {
			return false
		}
	}
	return rule.Body == "" || fits(rule.Body, string(r.Body))
}

// fits reports whether a text is what a pattern says.
func fits(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(text) < len(first)+len(last) || !strings.HasPrefix(text, first) || !strings.HasSuffix(text, last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return true
}
