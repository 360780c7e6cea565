package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"accountledger/server"
)

func serve() *cobra.Command {
	var accept server.Accept
	var ahead time.Duration
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the ledger: API, processes, views and messages",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			signals := heed()
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
			signals.tell(s)
			err = s.Run(c.Context(), func(address string) { welcome(c, cfg, address, s.Internal(), ahead) })
			if closed := s.Close(); err == nil {
				err = closed
			}
			return err
		},
	}
	settings(c)
	c.Flags().StringVar((*string)(&accept.Kind), "accept", "", "go on in spite of what a start refuses, without what is lost: older-log, older-vault or lost-log-id; recorded")
	c.Flags().StringVar(&accept.Reason, "reason", "", "why, with --accept: 1 to 500 characters, about nobody")
	c.Flags().DurationVar(&ahead, "clock", 0, "move the ledger's clock forward, as +72h, for trying things out; with --dev alone")
	return c
}

// welcome says what runs here and what to type next.
func welcome(c *cobra.Command, cfg server.Config, address, internal string, ahead time.Duration) {
	out := c.OutOrStdout()
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(out, format+"\n", a...) }
	p("The account ledger is running.")
	p("")
	p("  API            http://%s", address)
	p("  Documentation  http://%s/docs", address)
	if internal != "" {
		p("  Metrics        http://%s/metrics", internal)
	}
	p("  Data           %s", cfg.Data)
	p("  Messages       %s", server.MessagesTo(cfg))
	if cfg.Dev {
		p("  Master key     in the data folder, because of --dev: anyone who copies the folder can read everything in it")
	}
	if ahead > 0 {
		p("  Clock          %s ahead of this machine's, because of --clock: %s", ahead, time.Now().Add(ahead).UTC().Format(time.RFC3339))
	}
	p("")
	p("Next, in another terminal:")
	p("")
	p("  curl -s http://%s/v1/sign-ups -H 'Content-Type: application/json' \\", address)
	p(`    -d '{"email":"ada@example.com","password":"correct-horse-battery","region":"DE","language":"en","birth_month":"1990-05"}'`)
	if cfg.Dev && cfg.SMTP.Host == "" {
		p("  go run ./cmd/accountledger mailbox --data %s", cfg.Data)
	}
	p("  go run ./cmd/accountledger status --data %s", cfg.Data)
	p("")
	p("README.md shows the whole walk. Ctrl-C stops; nothing that was answered is lost.")
}
