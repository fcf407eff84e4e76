package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"segproof/mockserver"

	"github.com/spf13/cobra"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	checkFlags
	addr, readyFile             string
	remote                      bool
	data, settings, analyticsJS string
	token                       string
	hosts, oauth                []string
	capacity                    int
}

func serveCommand(e env) *cobra.Command {
	var flags serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Play Segment: take events from any sender, judge and show them",
		Long: `serve is a fake Segment. Point a sender's host at the URL that it prints; each
event that arrives is judged and shown. It answers as Segment does: 200 to almost
everything. Interrupt it to stop: it then writes a report of all that arrived.`,
		Example: `  segproof serve
  segproof serve --addr 127.0.0.1:0 --ready-file url.txt --out json=events.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd.Context(), e, flags) },
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&flags.addr, "addr", "127.0.0.1:8765", "host and port to listen on; port 0 picks a free one")
	cmd.Flags().BoolVar(&flags.remote, "allow-remote", false, "let --addr be an address that other machines reach")
	cmd.Flags().StringVar(&flags.readyFile, "ready-file", "", "file that gets the URL, alone, when the server answers")
	cmd.Flags().StringVar(&flags.data, "data", "", "file of the journal: an answer leaves when its events are on the disk (default: in memory)")
	cmd.Flags().IntVar(&flags.capacity, "capacity", mockserver.DefaultCapacity, "records to keep; the oldest make room, and are counted")
	cmd.Flags().StringVar(&flags.token, "token", "", "what the control routes under /_segproof/ want as a Bearer token; without it they are for this machine alone")
	cmd.Flags().StringArrayVar(&flags.hosts, "allow-host", nil, "name by which the control routes may be reached, beside localhost and addresses; repeatable")
	cmd.Flags().StringVar(&flags.settings, "settings", "", "JSON file that answers GET .../settings, with ${writeKey}, ${apiHost} and ${protocol} replaced")
	cmd.Flags().StringVar(&flags.analyticsJS, "analytics-js", "", "folder of an unpacked npm package @segment/analytics-next, for pages with the snippet")
	cmd.Flags().StringArrayVar(&flags.oauth, "oauth", nil, "write key whose events need an access token of POST /token; repeatable")
	return cmd
}

func serve(ctx context.Context, e env, flags serveFlags) error {
	c, err := newCheck(e, flags.checkFlags)
	if err != nil {
		return err
	}
	opts, err := flags.options(e, c)
	if err != nil {
		return err
	}
	srv, err := mockserver.Listen(opts)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stderr, "segproof: serving %s; point your sender's host there, interrupt to stop\n", srv.URL())
	if flags.readyFile != "" {
		defer os.Remove(flags.readyFile) // who waits for the next server must not find this one's
		err = writeFile(flags.readyFile, func(w io.Writer) error { _, err := io.WriteString(w, srv.URL()); return err })
	}
	f := &follower{check: c, seen: srv.Last(), before: srv.Refused()}
	if err == nil {
		err = f.follow(ctx, srv)
	}
	return errors.Join(err, f.finish(srv))
}
