// Command accountledger is the account ledger: its server, and what operators do on the machine.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"accountledger/domain"
	"accountledger/server"
)

func main() {
	unix.Umask(0o077) // whatever any part makes is its owner's alone
	c := root()
	ctx, stop := signal.NotifyContext(context.Background(), endings(c, os.Args[1:])...)
	defer stop()
	server.LimitMemory()
	if err := c.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "accountledger:", explain(err))
		stop()
		os.Exit(1) //nolint:gocritic // stop has run
	}
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use:           "accountledger",
		Short:         "An event-sourced ledger of people's accounts",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	c.AddCommand(serve(), status(), mailbox(), staff(), service(), replay(), keys(), verify(), clock(), backup(), restore(), salvage(), simulation())
	return c
}

// explain says what a refusal says to people.
func explain(err error) string {
	var known *domain.Error
	if errors.As(err, &known) {
		if known.Field != "" {
			return known.Message + " (" + known.Field + ")"
		}
		if known.Cause != nil { // whoever is on the machine may know
			return known.Message + " (" + known.Cause.Error() + ")"
		}
		return known.Message
	}
	return err.Error()
}
