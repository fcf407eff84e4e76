package mockserver_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image/gif"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"segproof/mockserver"
)

// pixelCase is a query, and what is recorded of it.
type pixelCase struct {
	name, query string
	want        string // the event as JSON; "" if there is none
	code        string
}

func pixelCases() []pixelCase {
	// The bytes of "~~~" and "???" are + and / in the standard alphabet, - and _ in the
	// URL's; the length asks for padding.
	const text = `{"userId":"u~~~???>>","event":"x","n":1.50}`
	std, web := base64.StdEncoding.EncodeToString([]byte(text)), base64.URLEncoding.EncodeToString([]byte(text))
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	return []pixelCase{
		{"URL-safe", "data=" + web, text, ""},
		{"URL-safe without padding", "data=" + strings.TrimRight(web, "="), text, ""},
		{"standard, escaped", "data=" + url.QueryEscape(std), text, ""},
		{"standard, a plus that became a space", "data=" + std, text, ""},
		{"standard without padding", "data=" + strings.TrimRight(std, "="), text, ""},
		{"among others", "utm=1&data=" + web + "&x=2", text, ""},
		{"its own type", "data=" + encode(`{"type":"page","userId":"u"}`), `{"type":"page","userId":"u"}`, ""},
		{"a single value", "data=" + encode("[1]"), "[1]", ""},
		{"dotted", "userId=user_123&event=Email+Opened&properties.subject=The%20electric%20mayhem&properties.n=1&context.app.name=a&properties.last=z&writeKey=WK",
			`{"userId":"user_123","event":"Email Opened","properties":{"subject":"The electric mayhem","n":"1","last":"z"},"context":{"app":{"name":"a"}},"writeKey":"WK"}`, ""},
		{"twice", "a=1&b=2&a=3", `{"a":"3","b":"2"}`, ""},
		{"string, then object", "a=1&a.b=2", `{"a":{"b":"2"}}`, ""},
		{"object, then string", "a.b=2&a=1", `{"a":"1"}`, ""},
		{"empty names and values", "&a=&.b=1&c", `{"a":"","":{"b":"1"},"c":""}`, ""},
		{"quotes and angles", `a"<b>=%22%5c<%0a>`, `{"a\"<b>":"\"\\<\n>"}`, ""},
		{"bytes that are no UTF-8", "a=%ff", `{"a":"\ufffd"}`, ""},
		{"64 parts", strings.Repeat("a.", 63) + "a=1", strings.Repeat(`{"a":`, 64) + `"1"` + strings.Repeat("}", 64), ""},
		{"65 parts", strings.Repeat("a.", 64) + "a=1", "", "too_deep"},
		{"nothing", "", "", "bad_request"},
		{"separators alone", "&&", "", "bad_request"},
		{"bad escape", "a=%zz", "", "bad_request"},
		{"no base64", "data=%25%25%25", "", "bad_request"},
		{"a bit too much", "data=" + web + "A", "", "bad_request"},
		{"empty data", "data=", "", "bad_json"},
		{"no JSON", "data=" + encode("hello"), "", "bad_json"},
		{"half of JSON", "data=" + encode(text[:20]), "", "bad_json"},
		{"nested too deeply", "data=" + encode(nest(1001)), "", "too_deep"},
	}
}

func TestPixel(t *testing.T) {
	for _, tt := range pixelCases() {
		t.Run(tt.name, func(t *testing.T) {
			srv := mockserver.Start(t, mockserver.Options{})
			a := newClient(t, srv).do("GET", "/v1/pixel/track?"+tt.query, nil)
			if a.Status != 200 || a.Header.Get("Content-Type") != "image/gif" {
				t.Fatalf("answer = %+v, want the picture", a)
			}
			body := tt.want
			if tt.want == "" {
				body = tt.query
			}
			req := requestsOf(t, srv)[0]
			if string(req.Body) != body || req.WireBytes != int64(len(tt.query)) || req.Code != tt.code || (req.Message == "") != (tt.code == "") || req.Status != 200 {
				t.Errorf("request = %+v, body %q; want code %q, body %q", req, req.Body, tt.code, body)
			}
			var got []string
			for _, rec := range recordsOf(t, srv) {
				got = append(got, string(rec.Event.Raw))
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "|")); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPixelIsATransparentPicture(t *testing.T) {
	a := newClient(t, mockserver.Start(t, mockserver.Options{})).do("GET", "/v1/pixel/track", nil)
	picture, err := gif.Decode(strings.NewReader(a.Body))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, alpha := picture.At(0, 0).RGBA(); picture.Bounds().Dx() != 1 || picture.Bounds().Dy() != 1 || alpha != 0 {
		t.Errorf("picture = %v with alpha %d, want 1x1 and transparent", picture.Bounds(), alpha)
	}
}

// FuzzPixelAlwaysAnswersThePicture sends any query. Whatever it is, the answer is the
// picture, and what is recorded is JSON within the limit.
func FuzzPixelAlwaysAnswersThePicture(f *testing.F) {
	for _, tt := range pixelCases() {
		f.Add(tt.query)
	}
	srv := newServer(f, mockserver.Options{})
	f.Fuzz(func(t *testing.T, query string) {
		srv.Reset()
		w := &memoryWriter{}
		srv.ServeHTTP(w, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/v1/pixel/page", RawQuery: query}, Header: http.Header{}, Body: http.NoBody})
		if w.status() != 200 || !bytes.HasPrefix(w.body.Bytes(), []byte("GIF89a")) {
			t.Fatalf("answer = %d %q", w.status(), w.body.Bytes())
		}
		reqs, records := requestsOf(t, srv), recordsOf(t, srv)
		if len(reqs) != 1 || len(records) != reqs[0].Events || (len(records) == 0) != (reqs[0].Code != "") {
			t.Fatalf("requests %+v, %d records", reqs, len(records))
		}
		for _, rec := range records {
			if !json.Valid(rec.Event.JSON()) || len(rec.Event.Raw) > 32*kb {
				t.Fatalf("event %q is no JSON, or too large", rec.Event.JSON())
			}
		}
	})
}
