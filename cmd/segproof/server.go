package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"

	"segproof/event"
	"segproof/finding"
	"segproof/mockserver"

	"github.com/spf13/cobra"
)

// registerServer adds the flags of a command that starts a server; addr is where it
// listens unless it is told.
func (flags *serveFlags) registerServer(cmd *cobra.Command, addr string) {
	flags.checkFlags.register(cmd)
	flags.hostFlags.register(cmd)
	cmd.Flags().StringVar(&flags.addr, "addr", addr, "host and port to listen on; port 0 picks a free one")
	cmd.Flags().BoolVar(&flags.remote, "allow-remote", false, "let --addr be an address that other machines reach")
	cmd.Flags().StringVar(&flags.mode, "mode", string(mockserver.Lenient), "lenient: 200, as Segment answers; strict: 400, 401 or 422 that tells what is wrong")
	cmd.Flags().StringArrayVar(&flags.writeKeys, "write-key", nil, "write key that a source has, repeatable; others are dropped (strict: 401). Without it each well-formed one is known")
	cmd.Flags().StringVar(&flags.faults, "faults", "", "file of faults for all scopes: answers to give instead, latency, resets")
	cmd.Flags().StringVar(&flags.data, "data", "", "file of the journal: an answer leaves when its events are on the disk (default: in memory)")
	cmd.Flags().IntVar(&flags.capacity, "capacity", mockserver.DefaultCapacity, "records to keep; the oldest make room, and are counted")
	cmd.Flags().Int64Var(&flags.capacityBytes, "capacity-bytes", mockserver.DefaultCapacityBytes, "bytes of bodies to keep; the oldest of the scope that holds most make room, and are counted")
	cmd.Flags().StringVar(&flags.token, "token", "", "what the control routes under /_segproof/ want as a Bearer token; without it they are for this machine alone")
	cmd.Flags().StringArrayVar(&flags.hosts, "allow-host", nil, "name by which the control routes may be reached, beside localhost and addresses; repeatable")
	cmd.Flags().StringVar(&flags.settings, "settings", "", "JSON file that answers GET .../settings, with ${writeKey}, ${apiHost} and ${protocol} replaced")
	cmd.Flags().StringVar(&flags.analyticsJS, "analytics-js", "", "folder of an unpacked npm package @segment/analytics-next, for pages with the snippet")
	cmd.Flags().StringArrayVar(&flags.oauth, "oauth", nil, "write key whose events need an access token of POST /token; repeatable")
}

// memoryLimit is how much memory, in bytes, the Go runtime tries to keep to while a server
// runs: near it, it collects garbage more often instead of growing. SQLite's memory, that
// of a journal without a file, is not the runtime's.
const memoryLimit = 256 << 20

// listen starts the server, and what follows it from here on.
func (flags serveFlags) listen(e env, c *check) (*mockserver.Server, *follower, error) {
	opts, err := flags.options(e, c)
	if err != nil {
		return nil, nil, err
	}
	if e.getenv("GOMEMLIMIT") == "" { // which the runtime has heeded already
		debug.SetMemoryLimit(memoryLimit)
	}
	faults, err := c.loadFaults(flags.faults)
	if err != nil {
		return nil, nil, err
	}
	host, err := flags.hostFlags.load(c, &opts)
	if err != nil {
		return nil, nil, err
	}
	srv, err := mockserver.Listen(opts)
	if err != nil {
		return nil, nil, errors.Join(err, host.close())
	}
	if err := srv.SetFaults("", faults); err != nil {
		return nil, nil, errors.Join(err, srv.Close(), host.close())
	}
	return srv, &follower{check: c, host: host, seen: srv.Last(), before: srv.Refused()}, nil
}

// policed judges events as the policy has it, so that a record's verdict, a strict answer
// and the report say the same. It may be used by many goroutines.
type policed struct{ check *check }

// Validate returns the findings that count.
func (p policed) Validate(ev event.Event) []finding.Finding {
	return p.check.apply(p.check.catalog.Validate(ev))
}

// options turns the flags into what the server is told.
func (flags serveFlags) options(e env, c *check) (mockserver.Options, error) {
	opts := mockserver.Options{
		Addr: flags.addr, AllowRemote: flags.remote, Checker: policed{c}, Now: e.now,
		Mode: mockserver.Mode(flags.mode), WriteKeys: flags.writeKeys,
		Data: flags.data, Capacity: flags.capacity, CapacityBytes: flags.capacityBytes, Token: flags.token, AllowHosts: flags.hosts, OAuth: flags.oauth,
		Logger: slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	if flags.settings != "" {
		text, err := os.ReadFile(flags.settings)
		if err != nil {
			return opts, fmt.Errorf("--settings: %w", err)
		}
		opts.Settings = text
	}
	if flags.analyticsJS != "" {
		root, err := os.OpenRoot(flags.analyticsJS)
		if err != nil {
			return opts, fmt.Errorf("--analytics-js: %w", err)
		}
		opts.AnalyticsJS = root.FS()
	}
	return opts, nil
}
