package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"segproof/finding"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// The exit codes.
const (
	exitOK       = 0 // everything was checked and nothing reached --fail-on
	exitFindings = 1 // findings did
	exitFailed   = 2 // the work, or a part of it, could not be done; wins over 1
	exitNothing  = 3 // nothing was checked
)

// exitCode ends a command whose report has said everything.
type exitCode int

// Error is what a program sees that prints the error; tell never does.
func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// hinted is an error with a way out.
type hinted struct {
	error
	hint string
}

// Unwrap returns the error without its hint.
func (h hinted) Unwrap() error { return h.error }

// system is the env of a real run.
func system() env {
	return env{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, environ: os.Environ(), now: time.Now,
		terminal: func(w io.Writer) bool {
			f, ok := w.(*os.File)
			return ok && term.IsTerminal(int(f.Fd()))
		},
	}
}

// commands is the table of subcommands, as help shows them.
func commands(e env) []*cobra.Command {
	return []*cobra.Command{
		lintCommand(e),
		serveCommand(e),
		execCommand(e),
		testCommand(e),
		runCommand(e),
		diffCommand(e),
		importCommand(e),
		exportCommand(e),
		rulesCommand(e),
		explainCommand(e),
		versionCommand(e),
	}
}

// run runs the command line args and returns the exit code.
func run(ctx context.Context, e env, args []string) int {
	root := &cobra.Command{
		Use:           "segproof",
		Short:         "Prove that what you send to Segment is what you said you would send",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          unknownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		Long: `segproof proves that what you send to Segment is what you said you would send.

Exit codes: 0 everything was checked and nothing reached --fail-on; 1 findings did;
2 the work, or a part of it, could not be done; 3 nothing was checked.

Every flag can be given as an environment variable: --fail-on as SEGPROOF_FAIL_ON,
and several folders of contracts as SEGPROOF_CONTRACTS, separated as in PATH.`,
	}
	root.SetFlagErrorFunc(flagError)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return flagsFromEnv(e, cmd) }
	root.AddCommand(commands(e)...)
	root.SetArgs(args)
	root.SetIn(e.stdin)
	root.SetOut(e.stdout)
	root.SetErr(e.stderr)
	return tell(e, root.ExecuteContext(ctx))
}

// tell says what errors there are and returns the exit code. Beside an exit code, whose
// report has said everything, an error that no report holds is said, and wins.
func tell(e env, err error) int {
	code := exitOK
	for _, part := range parts(err) {
		ends, ok := part.(exitCode)
		if !ok {
			complain(e, part)
			ends = exitFailed
		}
		if code != exitFailed && ends != exitOK {
			code = int(ends)
		}
	}
	return code
}

// parts returns the errors that [errors.Join] has joined, at any depth. An error whose
// text is more than that of its parts is one.
func parts(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	if all := errors.Join(joined.Unwrap()...); all == nil || all.Error() != err.Error() {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, parts(e)...)
	}
	return all
}

// complain writes an error to stderr, with its hint.
func complain(e env, err error) {
	fmt.Fprintf(e.stderr, "segproof: %s\n", finding.Printable(err.Error()))
	var h hinted
	if errors.As(err, &h) && h.hint != "" {
		fmt.Fprintf(e.stderr, "segproof: hint: %s\n", finding.Printable(h.hint))
	}
}

// unknownCommand refuses arguments of the bare program, with the nearest command.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	return suggest(fmt.Errorf("unknown command %q", args[0]), args[0], names, "segproof --help lists the commands")
}

// flagError says which flag was probably meant.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if number, ok := errors.AsType[*strconv.NumError](err); ok {
		text, _, _ := strings.Cut(err.Error(), ": strconv.")
		err = fmt.Errorf("%s: want a whole number within bounds, got %q", text, number.Num)
	}
	if !errors.As(err, &unknown) {
		return hinted{fmt.Errorf("%s: %w", cmd.Name(), err), cmd.CommandPath() + " --help shows how to use it"}
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	name := unknown.GetSpecifiedName()
	otherwise := cmd.CommandPath() + " --help lists the flags"
	if cmd.Name() == "exec" {
		otherwise = "flags of the command stand behind --: segproof exec [FLAG]... -- COMMAND [ARG]..."
	}
	return suggest(fmt.Errorf("%s: unknown flag --%s", cmd.Name(), name), name, names, otherwise)
}

// suggest adds the nearest name to an error, else another way out.
func suggest(err error, name string, names []string, otherwise string) error {
	if near := finding.Nearest(name, names); near != "" {
		return hinted{err, fmt.Sprintf("did you mean %q?", near)}
	}
	return hinted{err, otherwise}
}

// noVariable marks a flag that takes no value from a variable.
const noVariable = "segproof-no-variable"

// flagsFromEnv gives the flags that the command line leaves out the values of
// SEGPROOF_*. That of --contracts is split as PATH is; no other list is one of paths: a
// sender's command and a file may have a colon.
func flagsFromEnv(e env, cmd *cobra.Command) (err error) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		name := "SEGPROOF_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value := e.getenv(name)
		if f.Changed || value == "" || err != nil || f.Annotations[noVariable] != nil {
			return
		}
		values := []string{value}
		if f.Name == contractsFlag {
			values = splitContracts(value)
		}
		for _, v := range values {
			if setErr := cmd.Flags().Set(f.Name, v); setErr != nil {
				err = fmt.Errorf("%s: %w", name, setErr)
			}
		}
	})
	return err
}
