package mockserver_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"segproof/mockserver"
)

// settingsFor asks for settings over a bare connection, so that Host can be anything.
func settingsFor(t *testing.T, srv *mockserver.Server, path, host string) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(srv.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET "+path+" HTTP/1.0\r\n"+host+"\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("GET %s with %q = %d %s, %v", path, host, resp.StatusCode, body, err)
	}
	return string(body)
}

func TestSettingsLeadSendersHere(t *testing.T) {
	for _, tt := range []struct{ path, host, want string }{ // want: apiHost; "" is that of the URL
		{"/v1/projects/WK/settings", "Host: localhost:9999\r\n", "localhost:9999/v1"},
		{"/projects/WK/settings/", "Host: segproof.test\r\n", "segproof.test/v1"},
		{"/projects/WK/settings", "Host: [::1]:80\r\n", "[::1]:80/v1"},
		{"/projects/WK/settings", "Host: my_box:80\r\n", "my_box:80/v1"},
		{"/scope/a%20b%2Fc/v1/projects/WK/settings", "Host: h\r\n", "h/scope/a%20b%2Fc/v1"},
		{"/projects/WK/settings", "", ""},
		{"/projects/WK/settings", "Host: h'!$&;\r\n", ""},
		{"/projects/WK/settings", "Host: h:port\r\n", ""},
		{"/projects/WK/settings", "Host: " + strings.Repeat("h", 256) + "\r\n", ""},
	} {
		srv := mockserver.Start(t, mockserver.Options{})
		apiHost := tt.want
		if apiHost == "" {
			apiHost = strings.TrimPrefix(srv.URL(), "http://") + "/v1"
		}
		want := `{"integrations":{"Segment.io":{"apiKey":"WK","apiHost":"` + apiHost + `","protocol":"http"}},"plan":{},"edgeFunction":{},"metrics":{"sampleRate":0}}`
		if got := settingsFor(t, srv, tt.path, tt.host); got != want {
			t.Errorf("GET %s with %q = %s, want %s", tt.path, tt.host, got, want)
		}
		if reqs := requestsOf(t, srv); len(reqs) != 1 || reqs[0].Scope == "" || reqs[0].Status != 200 {
			t.Errorf("requests = %+v", reqs)
		}
	}
}

func TestSettingsOfTheUser(t *testing.T) {
	for _, tt := range []struct{ name, settings, key, want string }{
		{"a plan", `{"integrations":{"Segment.io":{"apiKey":"${writeKey}","apiHost":"${apiHost}","protocol":"${protocol}","x":"${other}"}},"plan":{}}`, "k1",
			`{"integrations":{"Segment.io":{"apiKey":"k1","apiHost":"HOST/v1","protocol":"http","x":"${other}"}},"plan":{}}`},
		{"a key that has to be escaped", `{"a":"${writeKey}"}`, `%22%5C%3C`, `{"a":"\"\\\u003c"}`},
		{"a key that looks like a place", `{"a":"${writeKey}"}`, `$%7BapiHost%7D`, `{"a":"${apiHost}"}`},
		{"broken, for a test of a sender", `{"integrations":`, "k1", `{"integrations":`},
		{"nothing", ``, "k1", ``},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t, mockserver.Start(t, mockserver.Options{Settings: []byte(tt.settings)}))
			got := c.plain(c.do("GET", "/v1/projects/"+tt.key+"/settings", nil))
			if got.Status != 200 || got.Body != tt.want || got.Header.Get("Content-Type") != "application/json" {
				t.Errorf("settings = %+v, want %s", got, tt.want)
			}
		})
	}
}

func TestSettingsWithoutAKey(t *testing.T) {
	c := newClient(t, mockserver.Start(t, mockserver.Options{}))
	for _, path := range []string{"/v1/projects//settings", "/projects//settings/"} {
		if status, code := c.do("GET", path, nil).code(t); status != 404 || code != "not_found" {
			t.Errorf("GET %s = %d %s, want 404", path, status, code)
		}
	}
}
