package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"accountledger/replay/fit"
	"accountledger/server"
)

// serveName is the command that runs until a signal.
const serveName = "serve"

func serve() *cobra.Command {
	var accept fit.Accept
	var ahead time.Duration
	c := &cobra.Command{
		Use:   serveName,
		Short: "Run the ledger: API, processes, views and messages",
		Long: `Run the ledger until a signal (Ctrl-C, SIGTERM) stops it. What was acknowledged is never lost, by a stop or a crash.
Logs go to standard error. Standard output says where it runs: on a terminal in words, with --json as one line of JSON, otherwise nothing.`,
		Args: asInUsage,
		RunE: func(c *cobra.Command, _ []string) error {
			signals := watchSignals()
			defer signals.stop()
			cfg, err := load(c)
			if err != nil {
				return err
			}
			if c.Flags().Changed("clock") && ahead <= 0 {
				return server.ErrClockBack
			}
			if ahead > 0 && !cfg.Dev {
				return server.ErrClockDev
			}
			if err := cfg.Servable(); err != nil { // before anything is made
				return err
			}
			server.TuneMemory()
			s, err := server.Open(c.Context(), cfg, server.Options{LogTo: c.ErrOrStderr(), Accept: accept, Clock: ahead})
			if err != nil {
				return err
			}
			signals.pass(s)
			err = s.Run(c.Context(), func(address string) { announce(c, cfg, address, s.Internal(), ahead) })
			if closed := s.Close(); err == nil {
				err = closed
			}
			return err
		},
	}
	settings(c)
	c.Flags().StringVar((*string)(&accept.Kind), "accept", "",
		"start although the ledger is refused, and give up what is lost: older-log, older-vault or lost-log-id; recorded")
	c.Flags().StringVar(&accept.Reason, "reason", "", "why, with --accept: 1 to 500 characters that name nobody")
	c.Flags().DurationVar(&ahead, "clock", 0, "move the ledger's clock forward, such as +72h, to try things out; only with --dev")
	return c
}

// announce says that the server answers: in words on a terminal, as a line of JSON with --json, and otherwise not at all.
func announce(c *cobra.Command, cfg server.Config, address, internal string, ahead time.Duration) {
	switch {
	case asJSON(c):
		printReady(c, cfg, address, internal)
	case isTerminal(c.OutOrStdout()):
		printBanner(c, cfg, address, ahead)
	}
}

func printBanner(c *cobra.Command, cfg server.Config, address string, ahead time.Duration) {
	url := urlOf(cfg, address)
	if cfg.Dev {
		url = cfg.OriginAt(address) // passkeys need a name
	}
	out := c.OutOrStdout()
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(out, format+"\n", a...) }
	p("%s is running at %s", cfg.Name, url)
	p("Documentation: %s/docs", url)
	if cfg.Dev {
		p("For trying things out only: with --dev the master key is in the data folder.")
	}
	if ahead > 0 {
		p("The clock is moved forward by %s: %s", ahead, time.Now().Add(ahead).UTC().Format(time.RFC3339))
	}
	p("")
	p("Next, in another terminal:")
	p("")
	for _, command := range nextCommands(c, cfg, url) {
		p("  %s", command)
	}
	p("")
}

// nextCommands are the two that a newcomer runs next, as they are typed.
func nextCommands(c *cobra.Command, cfg server.Config, url string) [2]string {
	if cfg.Dev && cfg.SMTP.Host == "" {
		return [2]string{
			`curl -s ` + url + `/v1/sign-ups -H 'Content-Type: application/json' -d ` +
				`'{"email":"ada@example.com","password":"correct-horse-battery","region":"DE","language":"en","birth_month":"1990-05"}'`,
			again(c, "mailbox"),
		}
	}
	return [2]string{again(c, "status"), again(c, "staff add --help")}
}
