package mockserver_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"segproof/mockserver"
)

// jwt returns an assertion as analytics-node makes it, with other claims on top. Nobody
// checks its signature.
func jwt(header string, claims map[string]any) string {
	now := time.Now().Unix()
	all := map[string]any{"iss": "app", "sub": "app", "aud": "http://127.0.0.1", "iat": now - 5, "exp": now + 55, "jti": "7"}
	for name, value := range claims {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(header)) + "." + enc(text) + ".SIGNATURE"
}

const rs256 = `{"alg":"RS256","typ":"JWT","kid":"key1"}`

// tokenForm returns the body of a request for a token, in the order and with the lack of
// escapes of analytics-node. assertion "" is a good one.
func tokenForm(assertion string) string {
	if assertion == "" {
		assertion = jwt(rs256, nil)
	}
	return "grant_type=client_credentials&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer" +
		"&client_assertion=" + assertion + "&scope=tracking_api:write"
}

func TestTokenRequestsThatAreRefused(t *testing.T) {
	now := time.Now().Unix()
	good := tokenForm("")
	enc := base64.RawURLEncoding.EncodeToString
	for _, tt := range []struct{ name, form, code, says string }{
		{"nothing", "", "unsupported_grant_type", "client_credentials"},
		{"another grant", strings.Replace(good, "client_credentials", "password", 1), "unsupported_grant_type", "client_credentials"},
		{"another assertion type", strings.Replace(good, "jwt-bearer", "saml2-bearer", 1), "invalid_request", "client_assertion_type"},
		{"another scope", strings.Replace(good, "tracking_api:write", "all", 1), "invalid_scope", "tracking_api:write"},
		{"no scope", strings.Replace(good, "&scope=tracking_api:write", "", 1), "invalid_scope", "tracking_api:write"},
		{"no form", "%zz", "invalid_request", "form"},
		{"JSON", `{"grant_type":"client_credentials"}`, "unsupported_grant_type", "client_credentials"},
		{"two parts", tokenForm("a.b"), "invalid_request", "three parts"},
		{"no signature", tokenForm("a.b."), "invalid_request", "three parts"},
		{"no base64", tokenForm("%25.%25.c"), "invalid_request", "JSON"},
		{"no JSON", tokenForm(enc([]byte("x")) + "." + enc([]byte("y")) + ".c"), "invalid_request", "JSON"},
		{"null", tokenForm(enc([]byte("null")) + "." + enc([]byte("null")) + ".c"), "invalid_request", "JSON"},
		{"another algorithm", tokenForm(jwt(`{"alg":"HS256","kid":"k"}`, nil)), "invalid_request", "RS256"},
		{"no kid", tokenForm(jwt(`{"alg":"RS256"}`, nil)), "invalid_request", "kid"},
		{"no iss", tokenForm(jwt(rs256, map[string]any{"iss": nil})), "invalid_request", "iss, sub, aud, jti, iat and exp"},
		{"no exp", tokenForm(jwt(rs256, map[string]any{"exp": nil})), "invalid_request", "iss, sub, aud, jti, iat and exp"},
		{"exp is text", tokenForm(jwt(rs256, map[string]any{"exp": "soon"})), "invalid_request", "JSON"},
		{"expired", tokenForm(jwt(rs256, map[string]any{"exp": now - 1})), "invalid_request", "Token is expired"},
		{"from the future", tokenForm(jwt(rs256, map[string]any{"iat": now + 100, "exp": now + 160})), "invalid_request", "Token used before issued"},
		{"good for too long", tokenForm(jwt(rs256, map[string]any{"exp": now + 90})), "invalid_request", "60 seconds"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := mockserver.Start(t, mockserver.Options{})
			a := newClient(t, srv).post("/token", tt.form, "Content-Type", "application/x-www-form-urlencoded")
			if status, code := a.code(t); status != 400 || code != tt.code {
				t.Errorf("answer = %d %s, want 400 %s", a.Status, a.Body, tt.code)
			}
			var got struct {
				Message     string
				Error       string
				Description string `json:"error_description"`
			}
			if err := json.Unmarshal([]byte(a.Body), &got); err != nil {
				t.Fatal(err)
			}
			if got.Error != tt.code || got.Description != got.Message || !strings.Contains(got.Description, tt.says) {
				t.Errorf("answer = %s, want error %q and an error_description that says %q", a.Body, tt.code, tt.says)
			}
			if strings.HasPrefix(tt.says, "Token ") && got.Description != tt.says {
				t.Errorf("error_description = %q; analytics-python knows %q only", got.Description, tt.says)
			}
			if reqs := requestsOf(t, srv); len(reqs) != 1 || reqs[0].Code != tt.code || strings.Contains(string(reqs[0].Body), "SIGNATURE") {
				t.Errorf("requests = %+v", reqs)
			}
		})
	}
}

func TestAssertionsAreKeptWithoutSignature(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	form := tokenForm("")
	if a := newClient(t, srv).post("/token", form); a.Status != 200 {
		t.Fatalf("answer = %d %s", a.Status, a.Body)
	}
	if diff := cmp.Diff(strings.Replace(form, "SIGNATURE", "[redacted]", 1), string(requestsOf(t, srv)[0].Body)); diff != "" {
		t.Errorf("body kept (-want +got):\n%s", diff)
	}
}

// newToken returns an access token that the server issued.
func newToken(t *testing.T, c client, wantLife int) string {
	t.Helper()
	a := c.post("/token", tokenForm(""))
	var got struct {
		Token string `json:"access_token"`
		Life  int    `json:"expires_in"`
	}
	if err := json.Unmarshal([]byte(a.Body), &got); err != nil || a.Status != 200 || got.Life != wantLife {
		t.Fatalf("POST /token = %d %s (%v), want a token for %d s", a.Status, a.Body, err, wantLife)
	}
	if date, err := time.Parse(time.RFC1123, a.Header.Get("Date")); err != nil || time.Since(date).Abs() > time.Minute {
		t.Errorf("Date = %q; senders set their clocks by it", a.Header.Get("Date"))
	}
	return got.Token
}

// TestGuardedKeysNeedAToken is the whole flow: refused, a token, taken, expired, refused.
func TestGuardedKeysNeedAToken(t *testing.T) {
	var clock atomic.Int64 // seconds
	srv := mockserver.Start(t, mockserver.Options{
		OAuth: []string{"guarded", "team"}, TokenLife: time.Hour,
		Now: func() time.Time { return time.Unix(clock.Load(), 0) },
	})
	c := newClient(t, srv)
	body := func(key string) string { return `{"writeKey":"` + key + `","batch":[` + track + `]}` }
	expect := func(when, path, key, auth string, want int) {
		t.Helper()
		a := c.post(path, body(key), "Authorization", auth)
		if status, _ := a.code(t); status != want {
			t.Errorf("%s: POST %s with key %q = %d %s, want %d", when, path, key, status, a.Body, want)
		}
		if want == 401 && a.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: WWW-Authenticate = %q", when, a.Header.Get("WWW-Authenticate"))
		}
	}
	token := newToken(t, c, 3600)
	other := newToken(t, newClient(t, mockserver.Start(t, mockserver.Options{})), 86400)
	expect("no token", "/v1/batch", "guarded", "", 401)
	expect("Basic", "/v1/batch", "guarded", "Basic Z3VhcmRlZDo=", 401)
	expect("no token, scope", "/scope/team/v1/batch", "free", "", 401)
	expect("made up", "/v1/batch", "guarded", "Bearer __TOKEN__", 401)
	expect("another server's", "/v1/batch", "guarded", "Bearer "+other, 401)
	expect("changed", "/v1/batch", "guarded", "Bearer "+"B"+token[1:], 401)
	expect("free key", "/v1/batch", "free", "", 200)
	expect("token", "/v1/batch", "guarded", "Bearer "+token, 200)
	expect("token, scope", "/scope/team/v1/batch", "free", "bearer "+token, 200)
	if a := c.do("GET", "/v1/pixel/track?writeKey=guarded&event=x", nil); a.Status != 200 {
		t.Errorf("pixel = %d, want 200 whatever happens", a.Status)
	}
	clock.Store(3599)
	expect("last second", "/v1/batch", "guarded", "Bearer "+token, 200)
	clock.Store(3600)
	expect("expired", "/v1/batch", "guarded", "Bearer "+token, 401)
	expect("new token", "/v1/batch", "guarded", "Bearer "+newToken(t, c, 3600), 200)
	var got []string
	for _, rec := range recordsOf(t, srv) {
		got = append(got, fmt.Sprintf("%s/%s", rec.Scope, rec.WriteKey))
	}
	want := []string{"free/free", "guarded/guarded", "team/free", "guarded/guarded", "guarded/guarded"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}
