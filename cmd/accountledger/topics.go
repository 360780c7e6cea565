package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"accountledger/server"
)

// exitCodes and jsonOutput are help topics: they are read, not run.
func exitCodes() *cobra.Command {
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: `Exit codes of every command:

  0    Done. serve: stopped in good order, by a signal too. status: the ledger is ready.
  1    Failed, or found a fault: verify found the ledger damaged, replay compare found differences, or something
       went wrong that no other code covers.
  2    Usage: an unknown command, flag or argument, or a setting that does not exist or has a wrong value.
  3    No server or no connection: no ledger in the data folder, an engine (EventStoreDB, PostgreSQL, Elasticsearch)
       that cannot be reached, or a server that ended while the command was waiting for its answer.
  4    Refused: the ledger or its state does not allow it. Examples: another process has the data folder, the address
       is in use, the parts of the ledger do not fit together, the folder is not empty, the name is taken. The same
       command is refused again until something is changed.
  5    Not yet: the same command can work later. status: the ledger is not ready, or is starting or stopping.
  130  Interrupted by Ctrl-C (SIGINT); 143 by SIGTERM, 129 by SIGHUP. For serve: only before it serves.

status ends with 0 for a ready ledger, and for a stopped one that is in order ("running" is false then); with 5 while it is
not ready, whatever the reason, which it prints; with 3 where there is no ledger. To wait for a start:

  until accountledger status >/dev/null; do sleep 1; done`}
}

func jsonOutput() *cobra.Command {
	return &cobra.Command{Use: "json-output", Short: "What --json prints",
		Long: `Every command takes --json. On success it prints one JSON document to standard output.
On failure it prints one line of JSON to standard error:

  {"error":{"code":"service_exists","message":"A service with this name already exists.","field":"--name","exit":4}}

  code     for scripts; it does not change with the wording
  message  for people
  field    the flag, argument or setting at fault, where there is one
  exit     the exit code (see help exit-codes)

Commands that found something, status of a ledger that is not ready, verify and replay compare, print both.
serve prints one line when it answers, {"address":…,"internal":…,"data":…,"version":…,"commit":…}, and nothing more on standard output.
Logs are lines of JSON on standard error too, unless log.format is set.`}
}

// printHelp prints help, with --json as a document.
func printHelp(c *cobra.Command, args []string, plain func(*cobra.Command, []string)) {
	if !asJSON(c) {
		plain(c, args)
		return
	}
	var text bytes.Buffer
	out := c.OutOrStdout()
	c.SetOut(&text)
	plain(c, args)
	c.SetOut(out)
	_ = printJSON(c, map[string]string{"command": c.CommandPath(), "help": text.String()})
}

func versionCommand() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version and the commit", Args: asInUsage,
		RunE: func(c *cobra.Command, _ []string) error { return printVersion(c) }}
}

func printVersion(c *cobra.Command) error {
	if asJSON(c) {
		return printJSON(c, server.ThisBuild())
	}
	_, err := fmt.Fprintln(c.OutOrStdout(), "accountledger", server.ThisBuild())
	return err
}

func completion() *cobra.Command {
	shells := map[string]func(*cobra.Command, *bytes.Buffer) error{
		"bash":       func(c *cobra.Command, out *bytes.Buffer) error { return c.GenBashCompletionV2(out, true) },
		"zsh":        func(c *cobra.Command, out *bytes.Buffer) error { return c.GenZshCompletion(out) },
		"fish":       func(c *cobra.Command, out *bytes.Buffer) error { return c.GenFishCompletion(out, true) },
		"powershell": func(c *cobra.Command, out *bytes.Buffer) error { return c.GenPowerShellCompletionWithDesc(out) },
	}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for bash, zsh, fish or powershell",
		Long: `Print a completion script for a shell. For bash, in the current shell:

  source <(accountledger completion bash)`,
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		Args:      cobra.MatchAll(asInUsage, cobra.OnlyValidArgs),
		RunE: func(c *cobra.Command, args []string) error {
			var script bytes.Buffer
			if err := shells[args[0]](c.Root(), &script); err != nil {
				return err
			}
			if asJSON(c) {
				return printJSON(c, map[string]string{"shell": args[0], "script": script.String()})
			}
			_, err := script.WriteTo(c.OutOrStdout())
			return err
		},
	}
}
