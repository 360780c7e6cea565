package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"accountledger/operate"
	"accountledger/server"
)

func controller() *cobra.Command {
	return group("controller", "Put the configured controller in force, whom every notice names", controllerSet())
}

func controllerSet() *cobra.Command {
	c := &cobra.Command{
		Use:   "set",
		Short: "Put the configured controller in force, and the notices that name it",
		Long: `Put the controller of this command's configuration in force, and publish the notices that name it, in the running server too. Each change makes
new notices: people decide on those from now on, and the earlier ones can still be read.

A start puts a new name, address or contact in force by itself. This command is for what a start refuses: another controller, another
country or a further place of storage. What people allowed before then counts no longer, until each of them agrees to the new notice. It is
also for going back to an earlier description. Update the configuration of every process with it: one that has an earlier description of the
same controller starts and changes nothing; one that has another controller does not start.`,
		Args: asInUsage,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := load(c)
			if err != nil {
				return err
			}
			if err := cfg.HasController(); err != nil {
				return err
			}
			con, err := server.OpenConsole(c.Context(), cfg)
			if err != nil {
				return err
			}
			defer func() { _ = con.Close() }()
			return tellController(c.Context(), c, con, cfg)
		},
	}
	keys := []string{"data", "dev", "master_key"}
	for _, s := range server.Settings() {
		if strings.HasPrefix(s.Key, "controller.") {
			keys = append(keys, s.Key)
		}
	}
	settings(c, keys...)
	return c
}

func tellController(ctx context.Context, c *cobra.Command, con operate.Console, cfg server.Config) error {
	done, err := operate.SetController.Run(ctx, con, cfg.Controller.Description(), nil)
	if err != nil {
		return err
	}
	if asJSON(c) {
		return printJSON(c, done)
	}
	text := fmt.Sprintf("%s is the controller, and the notices say so.", cfg.Controller.Name)
	switch {
	case !done.Changed:
		text = fmt.Sprintf("%s was the controller already, as it is configured here. Nothing changed.", cfg.Controller.Name)
	case done.Material:
		text += " What people allowed before counts again once they agree to the new notices."
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), text)
	return err
}
