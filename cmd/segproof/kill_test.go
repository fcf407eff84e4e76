//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// killed is a serve with a journal in a file, as a process of its own.
type killed struct {
	cmd *exec.Cmd
	url string
}

func startKilled(t *testing.T, dir string) killed {
	t.Helper()
	ready := filepath.Join(dir, "url")
	if err := os.Remove(ready); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Args = []string{"segproof", "serve", "--addr", "127.0.0.1:0", "--ready-file", ready, "--data", filepath.Join(dir, "journal.db"), "--capacity", "1000000"}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // if the test has failed before it did
		_ = cmd.Wait()
	})
	for range 1000 {
		if url, err := os.ReadFile(ready); err == nil && len(url) > 0 {
			return killed{cmd, string(url)}
		}
		time.Sleep(10 * time.Millisecond) // the process has no other way to tell
	}
	t.Fatal("serve is not ready after ten seconds")
	return killed{}
}

// names returns the names of all events in the journal.
func (k killed) names(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for after := int64(0); ; {
		resp, err := http.Get(fmt.Sprintf("%s/_segproof/records?limit=1000&after=%d", k.url, after))
		if err != nil {
			t.Fatal(err)
		}
		var page struct {
			Records []struct{ Name string }
			Next    *int64
		}
		err = json.NewDecoder(resp.Body).Decode(&page)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Records {
			names[r.Name] = true
		}
		if page.Next == nil {
			return names
		}
		after = *page.Next
	}
}

// write sends events, one after the other, until the server is gone; acked gets the
// names of those that it took.
func (k killed) write(prefix string, acked func(name string)) {
	for i := 0; ; i++ {
		name := fmt.Sprintf("%s-%d", prefix, i)
		resp, err := http.Post(k.url+"/v1/track", "application/json", strings.NewReader(`{"event":"`+name+`","userId":"u"}`))
		if err != nil {
			return
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			acked(name)
		}
	}
}

// TestNoAcknowledgedEventIsLostToAKill kills the server under 16 writers, again and
// again, and compares what it took with what the next one finds.
func TestNoAcknowledgedEventIsLostToAKill(t *testing.T) {
	dir := t.TempDir()
	var mu sync.Mutex
	acked := map[string]bool{}
	for round := range 5 {
		k := startKilled(t, dir)
		var writers sync.WaitGroup
		enough := make(chan struct{})
		count := 0
		for w := range 16 {
			writers.Go(func() {
				k.write(fmt.Sprintf("%d-%d", round, w), func(name string) {
					mu.Lock()
					defer mu.Unlock()
					acked[name] = true
					if count++; count == 100+37*round {
						close(enough)
					}
				})
			})
		}
		<-enough
		if err := k.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		writers.Wait()
		_ = k.cmd.Wait() // it was killed
	}
	found := startKilled(t, dir).names(t)
	for name := range acked {
		if !found[name] {
			t.Errorf("%s was acknowledged and is gone", name)
		}
	}
	if len(acked) < 500 {
		t.Errorf("%d events acknowledged, want at least 500", len(acked))
	}
}
