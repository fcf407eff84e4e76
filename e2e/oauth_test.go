package e2e

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"segproof/event"
	"segproof/mockserver"
)

// TestOAuth has @segment/analytics-node get its access tokens from the fake, which takes
// no event without one. After a 511 it gets a new one and sends the batch again.
func TestOAuth(t *testing.T) {
	for _, tt := range []struct {
		name   string
		faults *mockserver.Faults
		posts  []string // method aside: path and status, in order
	}{
		{
			name:  "OAuth",
			posts: []string{"/token 200", "/v1/batch 200"},
		},
		{
			name:   "OAuth, 511",
			faults: &mockserver.Faults{Faults: []mockserver.Fault{{Type: event.Track, Answers: []mockserver.Answer{{Status: 511}}}}},
			posts:  []string{"/token 200", "/v1/batch 511", "/token 200", "/v1/batch 200"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			const key = "e2eoauth"
			srv := serve(t, "--oauth", key)
			srv.setFaults(t, key, tt.faults)
			sendWithNode(t, srv, key, map[string]any{
				"flushAt": len(callTypes),
				"oauthSettings": map[string]any{
					"clientId": "client-1", "keyId": "key-1", "clientKey": privateKey(t), "authServer": srv.url, "scope": "tracking_api:write",
				},
			})
			srv.checkArrived(t, key, "analytics-node, batch", tt.name)
			srv.checkPosts(t, "", tt.posts)
			for _, r := range srv.requests(t, key) {
				if got := r.Headers.Get("Authorization"); !strings.HasPrefix(got, "Bearer ") {
					t.Errorf("%s %s came with Authorization %q, want a Bearer token", r.Method, r.Path, got)
				}
			}
		})
	}
}

// TestOAuthIsAskedFor has the same write key without OAuth refused: the test above would
// pass for nothing if it were not.
func TestOAuthIsAskedFor(t *testing.T) {
	t.Parallel()
	const key = "e2eoauth"
	srv := serve(t, "--oauth", key)
	sendWithNode(t, srv, key, nil)
	srv.checkPosts(t, "", []string{"/v1/batch 401"})
}

// privateKey returns a new RSA key as one downloads it from Segment, in PEM.
func privateKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
