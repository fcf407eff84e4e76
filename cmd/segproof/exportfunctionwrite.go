package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"segproof/finding"
	"segproof/internal/exporter"
)

func exportFunction(e env, flags exportFunctionFlags) error {
	stdout := e.stdout
	if flags.to == "-" {
		e.stdout = e.stderr // stdout is the function's
	} else if err := replaceable(flags.to); err != nil {
		return err
	}
	c, err := newCheck(e, flags.checkFlags)
	if err != nil {
		return err
	}
	if !c.report.Complete() {
		return c.finish() // contracts that cannot be used: what it would judge by is not what was written
	}
	policy, err := loadPolicy(flags.config)
	if err != nil {
		return err
	}
	opts := exporter.FunctionOptions{
		Kind: flags.kind, OnViolation: flags.onViolation, Only: flags.only, Policy: policy, Minify: flags.minify, Version: version()}
	if err := opts.Check(); err != nil {
		return hinted{fmt.Errorf("export the function: %w", err), "segproof export function --help lists kinds and actions"}
	}
	text, err := exporter.Function(c.catalog, opts)
	if err != nil {
		return hinted{fmt.Errorf("export the function: %w", err), "--only leaves out the contracts of other events; segproof export function --help shows how it is written"}
	}
	if errors.Is(c.outcome(), exitCode(exitFindings)) {
		fmt.Fprintf(e.stderr, "segproof: the function is not written: the contracts have findings (see the report)\n")
		return c.finish()
	}
	write := func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}
	if flags.to == "-" {
		err = write(stdout)
	} else {
		err = writeFile(flags.to, write)
	}
	if err != nil {
		return err
	}
	if flags.to != "-" {
		fmt.Fprintf(e.stderr, "segproof: %s: %d bytes\n", finding.Printable(flags.to), len(text))
	}
	return c.finish()
}

// functionHead is what every function begins with that segproof exported.
const functionHead = "// Made by segproof "

// replaceable refuses a file that segproof did not export, and that would be lost.
func replaceable(name string) error {
	if isDevice(name) {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil // there is none, or writing it will tell what is wrong
	}
	defer f.Close()
	head := make([]byte, len(functionHead))
	n, err := io.ReadFull(f, head)
	switch {
	case errors.Is(err, io.EOF), bytes.Equal(head[:n], []byte(functionHead)):
		return nil
	}
	return hinted{fmt.Errorf("write %s: it is there, and segproof did not export it", name), "name another file, or remove it first"}
}
