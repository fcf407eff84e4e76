//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/klauspost/compress/gzip"
)

const (
	ingestBatches = 1_000 // requests of 100 events
	ingestTracks  = 20_000
	ingestSenders = 8 // connections, each with one request under way
)

// BenchmarkIngest posts to a serve that is a process of its own, with its usual checks and
// reports, and tells the CPU seconds of the two apart: both share the machine's cores.
func BenchmarkIngest(b *testing.B) {
	batches, tracks := ingestRequests(ingestBatches, gzipBatch), ingestRequests(ingestTracks, oneTrack)
	for _, bench := range []struct {
		name     string
		requests [][]byte
		events   int // of one request
	}{{"batch=100,gzip", batches, 100}, {"track", tracks, 1}} {
		for _, data := range []string{"memory", "data"} {
			b.Run(bench.name+"/"+data, func(b *testing.B) {
				var server, client float64
				for b.Loop() {
					b.StopTimer()
					s := startIngest(b, data)
					before, own := s.cpu(b), ownCPU(b)
					b.StartTimer()
					sendRequests(b, s.url, bench.requests)
					b.StopTimer()
					server, client = server+s.cpu(b)-before, client+ownCPU(b)-own
					s.stop(b)
					b.StartTimer()
				}
				requests := float64(b.N * len(bench.requests))
				events := requests * float64(bench.events)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(requests/b.Elapsed().Seconds(), "requests/s")
				b.ReportMetric(events/b.Elapsed().Seconds(), "events/s")
				b.ReportMetric(events/server, "events/server-cpu-s")
				b.ReportMetric(server/float64(b.N), "server-cpu-s")
				b.ReportMetric(client/float64(b.N), "client-cpu-s")
			})
		}
	}
}

// ingestRequests returns n requests as they go over the wire.
func ingestRequests(n int, make func(g generator, i int) string) [][]byte {
	g := generator{rand.New(rand.NewPCG(corpusSeed, 2)), nil}
	requests := [][]byte{}
	for i := range n {
		requests = append(requests, []byte(make(g, i)))
	}
	return requests
}

func gzipBatch(g generator, i int) string {
	events := []string{}
	for j := range 100 {
		events = append(events, g.event(100*i+j))
	}
	var body bytes.Buffer
	w := gzip.NewWriter(&body)
	fmt.Fprintf(w, `{"batch":[%s],"context":{"library":{"name":"analytics-go","version":"3.0.0"}},"sentAt":"2026-01-31T12:00:00Z"}`, strings.Join(events, ","))
	_ = w.Close() // a buffer takes all
	return fmt.Sprintf("POST /v1/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Basic d2s6\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", body.Len(), &body)
}

func oneTrack(g generator, i int) string {
	body := g.call(i, "track", fmt.Sprintf(`"event":"tutorial.interaction","properties":{"tutorialId":%d,"segmentId":"s","portalId":3,"versionId":"v","eventName":"click"}`, g.IntN(5000)))
	return fmt.Sprintf("POST /v1/track HTTP/1.1\r\nHost: x\r\nAuthorization: Basic d2s6\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// ingestServer is a serve with its output thrown away.
type ingestServer struct {
	cmd *exec.Cmd
	url string
}

func startIngest(b *testing.B, data string) *ingestServer {
	b.Helper()
	dir := b.TempDir()
	ready := filepath.Join(dir, "url")
	cmd := exec.Command(os.Args[0])
	cmd.Args = []string{"segproof", "serve", "--addr", "127.0.0.1:0", "--ready-file", ready, "--fail-on", "none"}
	if data == "data" {
		cmd.Args = append(cmd.Args, "--data", filepath.Join(dir, "journal.db"))
	}
	cmd.Dir = dir // no contracts but the built-in ones
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill() // if stop has not ended it
		_ = cmd.Wait()
	})
	return &ingestServer{cmd, awaitURL(b, ready)}
}

// stop ends the server. Events that came too fast for its report are a problem to it,
// but not to us.
func (s *ingestServer) stop(b *testing.B) {
	b.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		b.Fatal(err)
	}
	_ = s.cmd.Wait()
}

// cpu returns the CPU seconds of the server so far, in hundredths.
func (s *ingestServer) cpu(b *testing.B) float64 {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // the name before may have spaces
	fields := strings.Fields(rest)
	ticks := 0
	for _, field := range fields[11:13] { // utime and stime, proc(5)
		n, err := strconv.Atoi(field)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return float64(ticks) / 100 // USER_HZ is 100 on every Linux
}

// ownCPU returns the CPU seconds of this process so far.
func ownCPU(b *testing.B) float64 {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

// sendRequests sends all requests over a few connections.
func sendRequests(b *testing.B, url string, requests [][]byte) {
	b.Helper()
	next := make(chan []byte, len(requests))
	for _, r := range requests {
		next <- r
	}
	close(next)
	var senders sync.WaitGroup
	for range ingestSenders {
		senders.Go(func() {
			conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			answers := bufio.NewReader(conn)
			for request := range next {
				if err := exchangeOn(conn, answers, request); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	senders.Wait()
}

func exchangeOn(conn net.Conn, answers *bufio.Reader, request []byte) error {
	if _, err := conn.Write(request); err != nil {
		return err
	}
	resp, err := http.ReadResponse(answers, nil)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("answer %s", resp.Status)
	}
	return err
}
