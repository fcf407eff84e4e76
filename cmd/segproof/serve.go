package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	checkFlags
	hostFlags
	addr, readyFile             string
	remote                      bool
	data, settings, analyticsJS string
	token                       string
	hosts, oauth, writeKeys     []string
	capacity                    int
	capacityBytes               int64
	mode, faults                string
}

func serveCommand(e env) *cobra.Command {
	var flags serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Play Segment: take events from any sender, judge and show them",
		Long: `serve is a fake Segment. Point a sender's host at the URL that it prints; each
event that arrives is judged and shown. It answers as Segment does: 200 to almost
everything. With --mode strict it tells the sender instead: 400 for what Segment would
drop, 401 for a write key, 422 with the findings for a broken contract; such a request
is refused as a whole, and recorded with its bytes. Interrupt it to stop: it then writes
a report of all that arrived.`,
		Example: `  segproof serve
  segproof serve --addr 127.0.0.1:0 --ready-file url.txt --out json=events.json
  segproof serve --mode strict --write-key production --write-key staging`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd.Context(), e, flags) },
	}
	flags.registerServer(cmd, "127.0.0.1:8765")
	cmd.Flags().StringVar(&flags.readyFile, "ready-file", "", "file that gets the URL, alone, when the server answers; removed at the end")
	return cmd
}

func serve(ctx context.Context, e env, flags serveFlags) error {
	c, err := newCheck(e, flags.checkFlags)
	if err != nil {
		return err
	}
	srv, f, err := flags.listen(ctx, e, c)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stderr, "segproof: serving %s; point your sender's host there, interrupt to stop\n", srv.URL())
	if flags.readyFile != "" {
		defer os.Remove(flags.readyFile) // who waits for the next server must not find this one's
		err = writeFile(flags.readyFile, func(w io.Writer) error { _, err := io.WriteString(w, srv.URL()); return err })
	}
	if err == nil {
		err = f.follow(ctx, srv)
	}
	return errors.Join(err, f.finish(srv))
}
