package main

import (
	"errors"
	"runtime/debug"

	"github.com/spf13/cobra"

	"accountledger/server"
	"accountledger/simulate"
)

// A run in process makes much garbage and keeps little: the heap may grow to several times what is in use before it is
// collected, up to a bound.
const (
	directGC     = 400
	directMemory = 768 << 20 // bytes
)

func simulation() *cobra.Command {
	var in server.Simulation
	var asJSON bool
	c := &cobra.Command{
		Use:   "simulate",
		Short: "Play a population of people, services and officers, and compare the views with what was played",
		Long: `Plays a realistic population on the running server, or on one that it starts for the time: people of many regions,
languages and ages sign up, give up half-way, decide, change their minds, link devices and leave; services ask before they
use data; officers look. Every address lies under example.invalid, and nothing is played where a mail server is configured.
One seed is one population with one set of choices. At the end the views must say what was played: exit status 1 if not.

Over HTTP it is a client like any other, reads codes from the local mailbox over the socket, and has the limits on attempts
raised for as long as it is connected; the log says when, and by whom. Password hashes bound it to some ten people a second
and core.

--direct plays by the same commands in process, without HTTP and messages, and with password hashes that cost next to
nothing, for populations of 100,000 and more. On a new ledger it also simulates the clock: the history spreads over the
last --days days, so that views show months. On a ledger that has a history, times go on from now.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := load(c)
			if err != nil {
				return err
			}
			if in.Direct {
				debug.SetGCPercent(directGC)
				debug.SetMemoryLimit(directMemory)
			}
			bar := newStages(c.ErrOrStderr())
			summary, err := server.Simulate(c.Context(), cfg, in, server.Options{LogTo: c.ErrOrStderr()}, bar.show)
			bar.end(err)
			if err != nil && !errors.Is(err, simulate.ErrDiffers) {
				return err
			}
			if asJSON {
				return errors.Join(printJSON(c, summary), err)
			}
			return errors.Join(summary.Print(c.OutOrStdout()), err)
		},
	}
	settings(c, simulateSettings()...)
	c.Flags().IntVar(&in.Accounts, "accounts", 0, "how many people try to sign up")
	c.Flags().Uint64Var(&in.Seed, "seed", 1, "chooses the population")
	c.Flags().BoolVar(&in.Direct, "direct", false, "play in process, without HTTP, at thousands of people a second")
	c.Flags().IntVar(&in.Days, "days", simulate.DefaultDays, "days that the history spreads over, with --direct on a new ledger")
	c.Flags().IntVar(&in.Workers, "workers", 0, "how many people act at once; 0: as many as serve best")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	must(c.MarkFlagRequired("accounts"))
	return c
}

// simulateSettings are all that a server has but where it listens: one that a simulation starts is for nobody else.
func simulateSettings() []string {
	var keys []string
	for _, s := range server.Settings() {
		if s.Key != "http" {
			keys = append(keys, s.Key)
		}
	}
	return keys
}
