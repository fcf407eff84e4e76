package main

import (
	"bytes"
	"context"
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
	cmd.Flags().Int64Var(&flags.capacityBytes, "capacity-bytes", mockserver.DefaultCapacityBytes, "bytes of bodies, and of findings, to keep; the oldest of the scope that holds most make room, and are counted")
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
//
// It does not start over contracts that cannot be used: who waits for its end would wait
// in vain to be told. What else is wrong with contracts, and with the texts of functions,
// is told on stderr before the first event is taken.
func (flags serveFlags) listen(ctx context.Context, e env, c *check) (*mockserver.Server, *follower, error) {
	if !c.report.Complete() {
		return nil, nil, c.finish()
	}
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
	host, err := flags.hostFlags.load(ctx, c, &opts)
	if err != nil {
		return nil, nil, err
	}
	c.forewarn()
	srv, err := flags.start(host, opts)
	if err != nil {
		return nil, nil, errors.Join(err, host.close())
	}
	if err := srv.SetFaults("", faults); err != nil {
		return nil, nil, errors.Join(err, srv.Close(), host.close())
	}
	reporting := mockserver.Reporting{Report: c.report, Count: c.count}
	return srv, &follower{check: c, host: host, began: srv.Last(), seen: srv.Last(), reporting: reporting, before: srv.Refused()}, nil
}

// maxForewarned is how many findings are told before a server starts; the report has all.
const maxForewarned = 20

// forewarn tells on stderr what was found before the first event.
func (c *check) forewarn() {
	found := c.report.Findings
	for _, f := range found[:min(len(found), maxForewarned)] {
		fmt.Fprintf(c.env.stderr, "segproof: %s\n", finding.Printable(fmt.Sprintf("%s:%d:%d: %s: %s (%s)", f.File, f.Line, f.Column, f.Severity, f.Message, f.Rule)))
	}
	if more := len(found) - maxForewarned; more > 0 {
		fmt.Fprintf(c.env.stderr, "segproof: %d more findings; the report at the end has them\n", more)
	}
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
		Rules: c.report.Rules, Version: version(), Mode: mockserver.Mode(flags.mode), WriteKeys: flags.writeKeys,
		Data: flags.data, Capacity: flags.capacity, CapacityBytes: flags.capacityBytes, Token: flags.token, AllowHosts: flags.hosts, OAuth: flags.oauth,
		Logger: slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	if flags.capacity < 1 || flags.capacityBytes < 1 {
		return opts, fmt.Errorf("--capacity %d, --capacity-bytes %d: want at least 1", flags.capacity, flags.capacityBytes)
	}
	if flags.settings != "" {
		text, err := os.ReadFile(flags.settings)
		if err != nil {
			return opts, fmt.Errorf("--settings: %w", missing(flags.settings, err))
		}
		if err := event.CheckSyntax(text); err != nil { // senders would load nothing, and send nothing
			return opts, fmt.Errorf("--settings: %s:%d: not JSON: %w", flags.settings, lineOf(text, err), err)
		}
		opts.Settings = text
	}
	return opts, nil
}

// lineOf returns the line, from 1 on, at which a text stops being JSON.
func lineOf(text []byte, err error) int {
	offset := 0
	if syntax, ok := errors.AsType[*event.SyntaxError](err); ok {
		offset = min(syntax.Offset, len(text))
	}
	return bytes.Count(text[:offset], []byte("\n")) + 1
}
