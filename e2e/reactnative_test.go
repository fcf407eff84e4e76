package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// TestReactNative sends through @segment/analytics-react-native, which runs in Node.js
// here: the package is as npm has it, and React Native below it is what
// senders/phone.js and random.js say.
//
// It sends in batches only, and of its own accord: an event counts for flushAt a moment
// before it is in the queue that is sent.
func TestReactNative(t *testing.T) {
	sender := bundleForNode(t, "senders/react-native.js")
	srv := serve(t)
	phone := sdk{
		name: "analytics-react-native", calls: phoneCalls, deliveries: []delivery{batch},
		countsRetries: true, waitsRetryAfter: true, splits: true,
	}
	journeys(t, phone, func(t *testing.T, j journey) {
		srv.setFaults(t, j.key(), j.faults())
		ctx, end := context.WithCancel(t.Context())
		cmd := exec.CommandContext(ctx, "node", sender)
		cmd.Env = append(os.Environ(), "SEGMENT_HOST="+srv.url, "SEGMENT_WRITE_KEY="+j.key(),
			// The second time is how often it looks for what is to be sent again, in seconds.
			`SENDER_SETTINGS={"flushAt":5,"flushInterval":3}`)
		cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			end()
			_ = cmd.Wait() // it goes on until it is killed
		}()
		srv.wait(t, j.key(), len(j.calls), quiet)
		j.check(t, srv.outcome(t, j.key(), phoneExpectations))
	})
}

// bundleForNode makes one file of a sender whose packages are written for React Native's
// own bundler.
func bundleForNode(t *testing.T, entry string) string {
	t.Helper()
	wd, err := os.Getwd() // an alias is looked for where it is imported
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "sender.mjs")
	built := api.Build(api.BuildOptions{
		EntryPoints: []string{entry},
		Bundle:      true,
		Platform:    api.PlatformNode,
		Format:      api.FormatESModule,
		Outfile:     out,
		Write:       true,
		Alias: map[string]string{
			"react-native":                   wd + "/senders/phone.js",
			"react-native-get-random-values": wd + "/senders/random.js",
		},
		External: []string{"@react-native-async-storage/async-storage"}, // the sender brings its own store
	})
	if len(built.Errors) > 0 {
		t.Fatalf("bundle %s with what make e2e has npm install: %v", entry, built.Errors)
	}
	return out
}
