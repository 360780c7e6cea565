package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"accountledger/operate"
	"accountledger/replay/fit"
	"accountledger/server"
)

// jsonFlag is the flag that every command has.
const jsonFlag = "json"

// asJSON says whether a command is to print JSON.
func asJSON(c *cobra.Command) bool {
	f := c.Flag(jsonFlag)
	return f != nil && f.Value.String() == "true"
}

// signalled is why a command's context ended.
type signalled struct{ signal os.Signal }

func (s *signalled) Error() string { return s.signal.String() }

// commandError is how a command line failed.
type commandError struct {
	command *cobra.Command
	json    bool
	cause   error // why the command's context ended; nil while it has not
	err     error
}

func (e *commandError) Error() string { return e.err.Error() }
func (e *commandError) Unwrap() error { return e.err }

// execute runs a command line. What fails before the command itself begins is a mistake in the command line. The error is a *commandError.
func execute(ctx context.Context, c *cobra.Command, args []string) error {
	began := false
	each(c, func(c *cobra.Command) {
		if run := c.RunE; run != nil {
			c.RunE = func(c *cobra.Command, args []string) error {
				began = true
				return run(c, args)
			}
		}
	})
	c.SetArgs(args)
	used, err := c.ExecuteContextC(ctx)
	if err == nil {
		return nil
	}
	if !began {
		err = &operate.Failure{Code: usageCode, Message: lineError(used, err), Exit: operate.ExitUsage}
	}
	failed := &commandError{command: used, json: asJSON(used) || !began && wantsJSON(args), err: err}
	if ctx.Err() != nil && (used.Name() != serveName || errors.Is(err, context.Canceled)) {
		failed.cause = context.Cause(ctx)
	}
	return failed
}

// each calls do for a command and all below it.
func each(c *cobra.Command, do func(*cobra.Command)) {
	do(c)
	for _, sub := range c.Commands() {
		each(sub, do)
	}
}

// wantsJSON looks for --json in a command line that could not be parsed.
func wantsJSON(args []string) bool {
	for _, a := range args {
		switch a {
		case "--":
			return false
		case "--" + jsonFlag, "--" + jsonFlag + "=true":
			return true
		}
	}
	return false
}

// usageCode is the code of a wrong command line.
const usageCode = "usage"

// usagef is a mistake in a command line. flag is the flag's name with its dashes; "" where it is no flag.
func usagef(flag, format string, a ...any) error {
	return &operate.Failure{Code: usageCode, Message: fmt.Sprintf(format, a...), Field: flag, Exit: operate.ExitUsage}
}

// oneLine puts a message of several lines into one.
func oneLine(s string) string {
	lines := strings.FieldsFunc(s, func(r rune) bool { return r == '\n' })
	text := ""
	for _, line := range lines {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		switch {
		case text == "":
		case strings.HasSuffix(text, ":"):
			text += " "
		default:
			text += "; "
		}
		text += line
	}
	return text
}

// unnamed is the mistake of naming no command.
func unnamed(c *cobra.Command) error {
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return usagef("", "%s needs a command: %s. %s --help says more", c.CommandPath(), strings.Join(names, ", "), c.CommandPath())
}

// interrupted is the end of a command that a signal or a crash does not undo.
type interrupted struct {
	advice string
	err    error
}

func (e *interrupted) Error() string { return "interrupted; " + e.advice + ": " + e.err.Error() }
func (e *interrupted) Unwrap() error { return e.err }

// failureOf says why a command line failed, in the words of the command line: fields are flags, where there are such.
func failureOf(err error) operate.Failure {
	f := server.FailureOf(err)
	var line *commandError
	if !errors.As(err, &line) {
		return f
	}
	found := isFinding(err)
	var ended *signalled
	if errors.As(line.cause, &ended) && !found {
		number, _ := ended.signal.(syscall.Signal)
		f = operate.Failure{Code: "interrupted", Message: "interrupted", Exit: operate.Exit(128 + int(number))}
		if number != syscall.SIGINT {
			f.Message += " by " + unix.SignalName(number)
		}
	}
	var cut *interrupted
	if errors.As(err, &cut) && !found {
		f.Code, f.Message = "interrupted", "interrupted; "+cut.advice
	}
	var refused *fit.RefusedError
	if errors.As(err, &refused) {
		f.Message = strings.Replace(f.Message, refused.Error(), refused.Text(again(line.command, serveName)), 1)
	}
	if name, ok := strings.CutPrefix(f.Field, "/"); ok {
		f.Field = name
		if line.command.Flags().Lookup(name) != nil {
			f.Field = "--" + name
		} else if strings.Contains(line.command.Use, strings.ToUpper(name)) {
			f.Field = strings.ToUpper(name)
		}
	}
	return f
}

// isFinding says whether a command did its work and this is what it found.
func isFinding(err error) bool {
	return errors.Is(err, errNotReady) || errors.Is(err, errFaults) || errors.Is(err, errDifferences)
}

// explain says in words why a command line failed.
func explain(err error) string {
	f := failureOf(err)
	if f.Field == "" || strings.Contains(f.Message, f.Field) {
		return f.Message
	}
	return f.Field + ": " + f.Message
}

// report prints why a command line failed, and gives its exit code. An error as JSON is one line.
func report(out io.Writer, err error) operate.Exit {
	if err == nil {
		return operate.ExitDone
	}
	f := failureOf(err)
	var line *commandError
	if errors.As(err, &line) && (line.json || logsJSON(line.command)) {
		if b, err := json.Marshal(map[string]operate.Failure{"error": f}); err == nil {
			_, _ = fmt.Fprintln(out, string(b))
			return f.Exit
		}
	}
	_, _ = fmt.Fprintln(out, "accountledger:", oneLine(explain(err)))
	return f.Exit
}

// logsJSON says whether a server's standard error is for machines.
func logsJSON(c *cobra.Command) bool {
	if c.Name() != serveName {
		return false
	}
	cfg, err := load(c)
	return err == nil && cfg.Log.Format == "json"
}
