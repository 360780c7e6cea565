package main

import (
	"context"
	"fmt"
	"time"

	"accountledger/operate"

	"github.com/spf13/cobra"
)

// ofStaff is a command on one officer, whose address or id is its first argument.
func ofStaff(use, short string, run func(ctx context.Context, c *cobra.Command, con operate.Console, args []string) error) *cobra.Command {
	c := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  asInUsage,
		RunE: func(c *cobra.Command, args []string) error {
			return console(c, func(ctx context.Context, con operate.Console) error { return run(ctx, c, con, args) })
		},
	}
	settings(c, "data", "dev", "master_key")
	return c
}

func staffEnd() *cobra.Command {
	return ofStaff("end OFFICER", "End an officer at once, for good: password, sessions and roles",
		func(ctx context.Context, c *cobra.Command, con operate.Console, args []string) error {
			return changeStaff(ctx, c, con, operate.StaffChange{Officer: args[0], Act: operate.StaffEnd}, "is one no longer")
		})
}

func staffEndRole() *cobra.Command {
	return ofStaff("end-role OFFICER ROLE", "End a role of an officer at once",
		func(ctx context.Context, c *cobra.Command, con operate.Console, args []string) error {
			return changeStaff(ctx, c, con, operate.StaffChange{Officer: args[0], Act: operate.StaffEndRole, Role: args[1]}, "has this role no longer")
		})
}

func changeStaff(ctx context.Context, c *cobra.Command, con operate.Console, in operate.StaffChange, done string) error {
	info, err := operate.ChangeStaff.Run(ctx, con, in, nil)
	if err != nil {
		return err
	}
	if asJSON(c) {
		return printJSON(c, info)
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "Officer %s %s.\n", info.Staff, done)
	return err
}

func staffReset() *cobra.Command {
	return ofStaff("reset OFFICER", "End an officer's password and sessions, and print another one-time code",
		func(ctx context.Context, c *cobra.Command, con operate.Console, args []string) error {
			reset, err := operate.ResetStaff.Run(ctx, con, operate.StaffNamed{Officer: args[0]}, nil)
			if err != nil {
				return err
			}
			if asJSON(c) {
				return printJSON(c, reset)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(),
				"Officer %s cannot sign in until they enrol again.\n"+
					"Enrolment code, shown once, until %s:\n\n  %s\n\nThe officer sends it with a password to POST /v1/enrolments.\n",
				reset.Staff, reset.Expires.Local().Format(time.DateTime), reset.Code)
			return err
		})
}
