package main

import (
	"errors"
	"runtime/debug"

	"github.com/spf13/cobra"

	"accountledger/operate"
	"accountledger/server"
	"accountledger/simulate"
)

// A run in process makes much garbage and keeps little: the heap may grow to several times what is in use before it is
// collected, up to a limit.
const (
	directGC     = 400
	directMemory = 768 << 20 // bytes
)

func simulation() *cobra.Command {
	var in operate.Simulation
	c := &cobra.Command{
		Use:   "simulate",
		Short: "Play a population of people, services and officers, and compare the views with what was played",
		Long: `Play a realistic population on the running server, or on one started for the purpose: people of many regions, languages and
ages sign up, give up half-way, decide, change their minds, link devices and leave; services ask before they use data;
officers look. Every address is under example.invalid, and it is refused where a mail server is configured. The same seed
gives the same population and choices. In the end the views must agree with what was played: exit code 1 if not.

Over HTTP it is a client like any other. It reads codes from the local mailbox over the socket, and the limits on attempts are
raised while it is connected; the log records when, and by whom. Password hashing limits it to about ten people per second
and core.

--direct runs the same commands in process, without HTTP and messages and with cheap password hashes, for populations of
100,000 and more. On a new ledger it also simulates the clock: the history covers the last --days days, so that views show
months. On a ledger that has a history, times continue from now.`,
		Args: asInUsage,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := load(c)
			if err != nil {
				return err
			}
			if in.Accounts < 1 || in.Accounts > simulate.MaxAccounts {
				return usagef("--accounts", "give a number from 1 to %d", simulate.MaxAccounts)
			}
			if in.Days < 1 || in.Days > simulate.MaxDays {
				return usagef("--days", "give a number from 1 to %d", simulate.MaxDays)
			}
			if in.Direct {
				debug.SetGCPercent(directGC)
				debug.SetMemoryLimit(directMemory)
			}
			bar := newStages(c)
			summary, err := server.Simulate(c.Context(), cfg, in, server.Options{LogTo: c.ErrOrStderr()}, bar.show)
			bar.end(err)
			if err != nil && !errors.Is(err, simulate.ErrDiffers) {
				return err
			}
			if asJSON(c) {
				return errors.Join(printJSON(c, summary), err)
			}
			return errors.Join(summary.Print(c.OutOrStdout()), err)
		},
	}
	settings(c, simulateSettings()...)
	c.Flags().IntVar(&in.Accounts, "accounts", 0, "people who try to sign up")
	c.Flags().Uint64Var(&in.Seed, "seed", 1, "chooses the population")
	c.Flags().BoolVar(&in.Direct, "direct", false, "play in process, without HTTP, at thousands of people per second")
	c.Flags().IntVar(&in.Days, "days", simulate.DefaultDays, "days that the history covers, with --direct on a new ledger")
	c.Flags().IntVar(&in.Workers, "workers", 0, "people who act at once; 0: as many as work best")
	must(c.MarkFlagRequired("accounts"))
	return c
}

// simulateSettings are all of a server's but its address: a server that a simulation starts is for nobody else.
func simulateSettings() []string {
	var keys []string
	for _, s := range server.Settings() {
		if s.Key != "http" {
			keys = append(keys, s.Key)
		}
	}
	return keys
}
