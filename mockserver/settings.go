package mockserver

import (
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// usualSettings is what a sender gets that asks the CDN for its settings. It is the
// least that works in browsers and on phones, and each member has its reason: apiHost
// and protocol send browsers and mobile senders here, whatever else they were told;
// a second key in integrations would make browsers load a bundle; a sample rate of 0
// keeps analytics-kotlin and -swift from posting telemetry to the real host.
//
// Source: analytics-next packages/browser/src/browser/index.ts:30, and Chromium with it
const usualSettings = `{"integrations":{"Segment.io":{"apiKey":"${writeKey}","apiHost":"${apiHost}","protocol":"${protocol}"}},` +
	`"plan":{},"edgeFunction":{},"metrics":{"sampleRate":0}}`

// settings answers GET /v1/projects/WRITEKEY/settings.
func (s *Server) settings(x *exchange, _ int) ([]Record, error) {
	key := x.param("writeKey")
	if key == "" {
		return nil, notFound.because("the path has no write key: want /v1/projects/WRITE_KEY/settings")
	}
	x.nameScope(key)
	if err := s.checkSource(key); err != nil {
		return nil, err
	}
	protocol := "http"
	if x.r.TLS != nil {
		protocol = "https"
	}
	text := strings.NewReplacer(
		"${writeKey}", inJSON(key),
		"${apiHost}", inJSON(s.apiHost(x.r)),
		"${protocol}", protocol,
	).Replace(s.settingsText)
	x.reply = &reply{contentType: "application/json", body: []byte(text)}
	return nil, nil
}

// checkSource refuses to serve what belongs to a source to a key that no source has.
// Segment's CDN does so with 404 and this text, in either manner.
//
// Source: analytics-edge packages/edge-sdk/src/__tests__/mocks.ts
func (s *Server) checkSource(key string) error {
	if s.knowsKey(key) {
		return nil
	}
	return refusalKind{http.StatusNotFound, unknownKey.code}.because("Cannot GET - Invalid path or write key provided.")
}

// apiHost returns where a sender reaches the API of this server, as it writes it: with
// /v1, without a scheme. It is the host by which the sender came, so that it works
// through port forwards and names as well.
func (s *Server) apiHost(r *http.Request) string {
	host := r.Host
	if !isHost(host) {
		host = strings.TrimPrefix(s.URL(), "http://")
	}
	if addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); host == "" && ok {
		host = addr.String()
	}
	if prefix := prefixOf(r); prefix.name != "" {
		host += scopePrefix + url.PathEscape(prefix.name)
	}
	return host + "/v1"
}

// isHost reports whether a Host header is a name or address, with or without a port,
// and nothing else: it becomes part of an answer.
func isHost(host string) bool {
	u, err := url.Parse("http://" + host)
	if err != nil || u.Host != host || u.Hostname() == "" || len(host) > 255 {
		return false
	}
	return strings.Trim(strings.ToLower(host), "abcdefghijklmnopqrstuvwxyz0123456789.-_:[]") == ""
}

// inJSON returns text as it stands inside a JSON string, without the quotes.
func inJSON(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always marshals
	}
	return string(quoted[1 : len(quoted)-1])
}
