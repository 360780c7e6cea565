package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"accountledger/operate"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// errNoTerminal: a password is read from a person at a terminal, never from a pipe or a flag.
var errNoTerminal = &operate.Failure{Code: "no_terminal", Message: "an officer has to sign in, so this command needs a terminal as its input",
	Exit: operate.ExitUsage}

// signInOnTerminal asks for an officer's address, and for the password without showing it. Prompts go to standard error, so that
// the answer can be piped.
func signInOnTerminal(c *cobra.Command) (email, password string, err error) {
	in, ok := c.InOrStdin().(*os.File)
	if !ok {
		return "", "", errNoTerminal
	}
	fd := int(in.Fd())
	if !term.IsTerminal(fd) {
		return "", "", errNoTerminal
	}
	prompt := func(text string) { _, _ = fmt.Fprint(c.ErrOrStderr(), text) }
	prompt("Officer's e-mail address: ")
	if email, err = unlessEnded(c.Context(), fd, func() (string, error) {
		line, err := bufio.NewReaderSize(in, 16).ReadString('\n') // a terminal gives one line at a time
		return strings.TrimSpace(line), err
	}); err != nil {
		return "", "", err
	}
	prompt("Password: ")
	password, err = unlessEnded(c.Context(), fd, func() (string, error) {
		b, err := term.ReadPassword(fd)
		return string(b), err
	})
	prompt("\n")
	return email, password, err
}

// unlessEnded reads from a terminal until ctx ends, for instance by Ctrl-C, and then restores the terminal.
func unlessEnded(ctx context.Context, fd int, read func() (string, error)) (string, error) {
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("the terminal: %w", err)
	}
	type answer struct {
		text string
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		text, err := read()
		answered <- answer{text, err}
	}()
	select {
	case a := <-answered:
		if a.err != nil {
			return "", fmt.Errorf("nobody signed in: %w", a.err)
		}
		return a.text, nil
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(fd, before))
	}
}
