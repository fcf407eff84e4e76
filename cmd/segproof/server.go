package main

import (
	"fmt"
	"log/slog"
	"os"

	"segproof/mockserver"
)

// options turns the flags into what the server is told.
func (flags serveFlags) options(e env, c *check) (mockserver.Options, error) {
	opts := mockserver.Options{
		Addr: flags.addr, AllowRemote: flags.remote, Checker: c.catalog, Now: e.now,
		Data: flags.data, Capacity: flags.capacity, Token: flags.token, AllowHosts: flags.hosts, OAuth: flags.oauth,
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
