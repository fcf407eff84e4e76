package mockserver

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxScopeBytes is the longest name of a scope, in bytes. A longer one in a path or
// header is refused with 400 bad_scope; a longer write key makes no scope. The limit is
// ours: Segment's write keys have 32 characters, and names of tests fit.
const MaxScopeBytes = 128

const (
	scopePrefix = "/scope/"
	scopeHeader = "X-Segproof-Scope"
)

// scoped is what the prefix /scope/NAME of a path said. It travels in the request's
// context, because the router has to see the path without it.
type scoped struct {
	name string
	path string // as sent, with the prefix
}

type scopedKey struct{}

// unscoped takes the prefix /scope/NAME off a request's path. It returns r itself if
// there is none, and a [*refusal] if NAME is no scope, or the header's is not. The
// control routes have no prefix: they name scopes in their queries.
func unscoped(r *http.Request) (*http.Request, error) {
	if name := r.Header.Get(scopeHeader); name != "" && !isScope(name) {
		return r, errBadScope
	}
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), scopePrefix)
	if !ok {
		return r, nil
	}
	quoted, rest, _ := strings.Cut(rest, "/")
	name, err := url.PathUnescape(quoted)
	if err != nil || !isScope(name) {
		return r, errBadScope
	}
	rest = "/" + rest
	path, err := url.PathUnescape(rest)
	if err != nil || ours(path) {
		return r, nil // no route has such a path
	}
	out := r.WithContext(context.WithValue(r.Context(), scopedKey{}, scoped{name, r.URL.Path}))
	inner := *r.URL
	inner.Path, inner.RawPath = path, rest
	out.URL = &inner
	return out, nil
}

var errBadScope = badScope.because("the scope has no name, or not one that can be used: want 1 to 128 bytes of UTF-8 without control characters, in /scope/NAME/... or " + scopeHeader)

// isScope reports whether a scope may have this name.
func isScope(name string) bool {
	return name != "" && len(name) <= MaxScopeBytes && utf8.ValidString(name) && strings.IndexFunc(name, unicode.IsControl) < 0
}

// prefixOf returns what the prefix of the request's path said; the zero value if it had
// none.
func prefixOf(r *http.Request) scoped {
	prefix, _ := r.Context().Value(scopedKey{}).(scoped)
	return prefix
}

// namedScope returns the scope that a request names itself, "" if it names none.
func namedScope(r *http.Request) string {
	if prefix := prefixOf(r); prefix.name != "" {
		return prefix.name
	}
	return scopeOfKey(r.Header.Get(scopeHeader))
}

// scopeOfKey returns the scope that a write key, or a header, stands for, "" if it cannot
// be one.
func scopeOfKey(key string) string {
	if isScope(key) {
		return key
	}
	return ""
}
