package main

import (
	"context"
	"fmt"
	"time"

	"accountledger/operate"

	"github.com/spf13/cobra"
)

func staff() *cobra.Command {
	return group("staff", "Manage officers", staffAdd(), staffReset(), staffEnd(), staffEndRole())
}

func staffAdd() *cobra.Command {
	var in operate.StaffAdd
	c := &cobra.Command{
		Use:   "add",
		Short: "Add an officer and print the one-time code with which they set their password",
		Args:  asInUsage,
		RunE: func(c *cobra.Command, _ []string) error {
			return console(c, func(ctx context.Context, con operate.Console) error {
				added, err := operate.AddStaff.Run(ctx, con, in, nil)
				if err != nil {
					return err
				}
				if asJSON(c) {
					return printJSON(c, added)
				}
				_, err = fmt.Fprintf(c.OutOrStdout(),
					"Officer %s added as %s.\nEnrolment code, shown once, until %s:\n\n  %s\n\nThe officer sends it with a password to POST /v1/enrolments.\n",
					added.Staff, in.Role, added.Expires.Local().Format(time.DateTime), added.Code)
				return err
			})
		},
	}
	settings(c, "data", "dev", "master_key")
	c.Flags().StringVar(&in.Email, "email", "", "the officer's e-mail address")
	c.Flags().StringVar(&in.Name, "name", "", "the officer's name")
	c.Flags().StringVar(&in.Role, "role", "", "admin, compliance or analyst")
	must(c.MarkFlagRequired("email"), c.MarkFlagRequired("role"))
	return c
}

// must panics on a mistake in this program.
func must(errs ...error) {
	for _, err := range errs {
		if err != nil {
			panic(err)
		}
	}
}
