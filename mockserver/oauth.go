package mockserver

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// DefaultTokenLife is how long an access token is good for unless [Options] say
// otherwise: the shortest life that Segment lets one choose.
//
// Source: segment.com/docs/connections/oauth/#create-an-oauth-app
const DefaultTokenLife = 24 * time.Hour

// maxAssertionLife is how far the end of a client assertion may lie ahead.
//
// Source: segment.com/docs/connections/oauth/#obtain-the-access-token
const maxAssertionLife = 60 * time.Second

// tokenRoute is the path of the token endpoint, as plainRoute has it.
const tokenRoute = "/token"

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// The errors of the token endpoint that RFC 6749, 5.2 names.
var (
	oauthInvalid   = refusalKind{http.StatusBadRequest, "invalid_request"}
	oauthGrantType = refusalKind{http.StatusBadRequest, "unsupported_grant_type"}
	oauthScope     = refusalKind{http.StatusBadRequest, "invalid_scope"}
)

// token issues an access token, as Segment's authorization server does.
//
// The assertion's shape and times are checked, its signature is not: nobody gave us the
// public key. Its times are compared with this machine's clock and not with
// [Options].Now, because senders correct their own by the answer's Date header, which
// net/http takes from there.
func (s *Server) token(x *exchange, limit int) ([]Record, error) {
	body, err := x.readBody(limit)
	x.req.Body = withoutSignature(x.req.Body)
	if err != nil {
		return nil, oauthError(err)
	}
	scope, err := checkTokenRequest(body, time.Now())
	if err != nil {
		return nil, oauthError(err)
	}
	answer, err := json.Marshal(struct {
		Token     string `json:"access_token"`
		Type      string `json:"token_type"`
		Scope     string `json:"scope"`
		ExpiresIn int64  `json:"expires_in"` // a number: analytics-node takes no string
	}{s.tokens.issue(s.now()), "Bearer", scope, int64(s.tokens.life / time.Second)})
	if err != nil {
		panic(err) // strings and a number always marshal
	}
	x.reply = &reply{contentType: "application/json", body: answer}
	return nil, nil
}

// oauthError makes an error one whose answer has what OAuth clients read: error and
// error_description. analytics-python fails on an answer without them.
func oauthError(err error) error {
	why := *refusalOf(err)
	switch why.refusalKind {
	case oauthInvalid, oauthGrantType, oauthScope:
		why.oauth = why.code
	case tooBusy:
		why.oauth = "temporarily_unavailable"
	default:
		why.oauth = "invalid_request"
	}
	return &why
}

// checkTokenRequest returns the scope that a request for a token asks for. Senders put
// the values into the form as they are, without escaping.
func checkTokenRequest(body []byte, now time.Time) (scope string, err error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "", oauthInvalid.because("the body is no form: want application/x-www-form-urlencoded")
	}
	scope = form.Get("scope")
	switch {
	case form.Get("grant_type") != "client_credentials":
		return "", oauthGrantType.because("want grant_type=client_credentials")
	case form.Get("client_assertion_type") != assertionType:
		return "", oauthInvalid.because("want client_assertion_type=" + assertionType)
	case !slices.Contains([]string{"tracking_api:write", "functions:write", "public_api:read_write"}, scope):
		return "", oauthScope.because("want scope=tracking_api:write, functions:write or public_api:read_write")
	}
	return scope, checkAssertion(form.Get("client_assertion"), now)
}

// checkAssertion refuses a JWT that Segment would refuse for its shape or its times.
func checkAssertion(jwt string, now time.Time) error {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 || parts[2] == "" {
		return oauthInvalid.because("client_assertion is no signed JWT: want three parts of base64, with a dot between them")
	}
	var header struct{ Alg, Kid string }
	var claims struct {
		Iss, Sub, Jti string
		Aud           json.RawMessage // a string or a list of them
		Iat, Exp      *float64        // seconds since 1970
	}
	if !unmarshalPart(parts[0], &header) || !unmarshalPart(parts[1], &claims) {
		return oauthInvalid.because("client_assertion is no JWT: its first two parts have to be JSON objects in URL-safe base64 without padding, with members of the right types")
	}
	seconds := float64(now.UnixMilli()) / 1000
	switch {
	case header.Alg != "RS256" || header.Kid == "":
		return oauthInvalid.because("the header of client_assertion: want alg RS256, and a kid")
	case claims.Iss == "" || claims.Sub == "" || claims.Jti == "" || len(claims.Aud) == 0 || claims.Iat == nil || claims.Exp == nil:
		return oauthInvalid.because("the claims of client_assertion: want iss, sub, aud, jti, iat and exp")
	// analytics-python asks again, with its clock corrected, for these two texts only.
	case *claims.Exp <= seconds:
		return oauthInvalid.because("Token is expired")
	case *claims.Iat > seconds:
		return oauthInvalid.because("Token used before issued")
	case *claims.Exp > seconds+maxAssertionLife.Seconds():
		return oauthInvalid.because("client_assertion is good for too long: want exp at most 60 seconds ahead")
	}
	return nil
}

func unmarshalPart(part string, into any) bool {
	text, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && bytes.HasPrefix(text, []byte("{")) && json.Unmarshal(text, into) == nil
}

// withoutSignature returns a token request's body as it may be kept: without what makes
// the assertion a credential. Its header and claims stay.
func withoutSignature(body []byte) []byte {
	_, rest, found := bytes.Cut(body, []byte("client_assertion="))
	if !found {
		return body
	}
	jwt, _, _ := bytes.Cut(rest, []byte("&"))
	dot := bytes.LastIndexByte(jwt, '.')
	start := len(body) - len(rest) + dot + 1
	end := len(body) - len(rest) + len(jwt)
	return slices.Concat(body[:start], []byte("[redacted]"), body[end:])
}

// checkBearer refuses records of a write key or scope that wants OAuth, unless their
// request brought a token that was issued here and has not expired.
//
// Source: segment.com/docs/connections/oauth/#enable-a-source-to-oauth
func (s *Server) checkBearer(x *exchange, records []Record) error {
	guarded := slices.ContainsFunc(records, func(rec Record) bool {
		return slices.Contains(s.oauth, rec.WriteKey) || slices.Contains(s.oauth, rec.Scope)
	})
	if !guarded {
		return nil
	}
	scheme, token, _ := strings.Cut(x.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return unauthorized.because("this write key wants OAuth: send Authorization: Bearer with a token of POST /token")
	}
	if !s.tokens.valid(strings.TrimSpace(token), s.now()) {
		return unauthorized.because("the access token was not issued by this server, or has expired: get a new one from POST /token")
	}
	return nil
}

// tokens issues access tokens and knows them again. A token is its own record (when it
// expires, and a seal), so that however many are issued take no memory. It does not
// change and may be used by many goroutines.
type tokens struct {
	life time.Duration
	key  [32]byte // of the seal; another one in each server
}

func newTokens(life time.Duration) tokens {
	if life <= 0 {
		life = DefaultTokenLife
	}
	t := tokens{life: life}
	_, _ = rand.Read(t.key[:]) // never fails
	return t
}

// The parts of a token, in bytes.
const (
	tokenTime  = 8 // nanoseconds since 1970
	tokenNonce = 8 // no two tokens are the same
	tokenSeal  = 16
)

func (t *tokens) issue(now time.Time) string {
	text := binary.BigEndian.AppendUint64(nil, uint64(now.Add(t.life).UnixNano()))
	var nonce [tokenNonce]byte
	_, _ = rand.Read(nonce[:]) // never fails
	text = append(text, nonce[:]...)
	return base64.RawURLEncoding.EncodeToString(append(text, t.seal(text)...))
}

func (t *tokens) valid(token string, now time.Time) bool {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != tokenTime+tokenNonce+tokenSeal {
		return false
	}
	text, seal := raw[:tokenTime+tokenNonce], raw[tokenTime+tokenNonce:]
	return hmac.Equal(seal, t.seal(text)) && now.UnixNano() < int64(binary.BigEndian.Uint64(text))
}

func (t *tokens) seal(text []byte) []byte {
	mac := hmac.New(sha256.New, t.key[:])
	_, _ = mac.Write(text) // never fails
	return mac.Sum(nil)[:tokenSeal]
}
