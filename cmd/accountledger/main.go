// Command accountledger is the account ledger: its server, and the operator's commands.
package main

import (
	"context"
	"os"
	"os/signal"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"accountledger/server"
)

func main() {
	unix.Umask(0o077) // every file is its owner's alone
	c := root()
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, endings(c, os.Args[1:])...)
	go func() { cancel(&signalled{<-signals}) }()
	server.LimitMemory()
	os.Exit(int(report(os.Stderr, execute(ctx, c, os.Args[1:]))))
}

// root is the whole command line. Every command takes --json.
func root() *cobra.Command {
	var version bool
	c := &cobra.Command{
		Use:   "accountledger",
		Short: "An event-sourced ledger of people's accounts",
		Long: `An event-sourced ledger of people's accounts.

Exit codes: 0 done, 1 failed or fault found, 2 usage, 3 no server or no connection, 4 refused, 5 not yet,
128 + signal when a signal ended the command (130 for Ctrl-C). See accountledger help exit-codes.`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		RunE: func(c *cobra.Command, _ []string) error {
			if version {
				return printVersion(c)
			}
			return unnamed(c)
		},
	}
	c.Flags().BoolVar(&version, "version", false, "print the version and the commit")
	c.PersistentFlags().Bool(jsonFlag, false, "print JSON, errors and logs too (see help json-output)")
	c.AddCommand(serve(), status(), mailbox(), mail(), staff(), service(), replay(), keys(), verify(), clock(), controller(), backup(), restore(), salvage(),
		simulation(), versionCommand(), completion(), exitCodes(), jsonOutput())
	strictHelp(c)
	help := c.HelpFunc()
	c.SetHelpFunc(func(c *cobra.Command, args []string) { printHelp(c, args, help) })
	return c
}

// group is a command that only holds others.
func group(use, short string, all ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, SuggestionsMinimumDistance: 2, RunE: func(c *cobra.Command, _ []string) error { return unnamed(c) }}
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		text := ""
		if near := c.SuggestionsFor(args[0]); len(near) > 0 {
			text = "; did you mean " + near[0]
		}
		return usagef("", "unknown command %q for %q%s", args[0], c.CommandPath(), text)
	}
	c.AddCommand(all...)
	return c
}
