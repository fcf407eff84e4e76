package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"segproof/mockserver"

	"github.com/spf13/cobra"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	checkFlags
	addr, readyFile string
	remote          bool
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
	return cmd
}

func serve(ctx context.Context, e env, flags serveFlags) error {
	c, err := newCheck(e, flags.checkFlags)
	if err != nil {
		return err
	}
	srv, err := mockserver.Listen(mockserver.Options{
		Addr: flags.addr, AllowRemote: flags.remote, Checker: c.catalog, Now: e.now,
		Logger: slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stderr, "segproof: serving %s; point your sender's host there, interrupt to stop\n", srv.URL())
	if flags.readyFile != "" {
		err = writeFile(flags.readyFile, func(w io.Writer) error { _, err := io.WriteString(w, srv.URL()); return err })
	}
	f := &follower{collector: collector{check: c}}
	if err == nil {
		err = f.follow(ctx, srv)
	}
	return errors.Join(err, f.finish(srv))
}
