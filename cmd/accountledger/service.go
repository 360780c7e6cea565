package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"accountledger/server"
)

func service() *cobra.Command {
	c := &cobra.Command{Use: "service", Short: "Manage connected services"}
	c.AddCommand(serviceAdd())
	return c
}

func serviceAdd() *cobra.Command {
	var in server.ServiceAdd
	var asJSON bool
	c := &cobra.Command{
		Use:   "add",
		Short: "Connect a service and print its key",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return console(c, func(ctx context.Context, con server.Console) error {
				added, err := con.ServiceAdd(ctx, in)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(c, added)
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "Service %s connected as %s.\nKey, shown once:\n\n  %s\n", added.Service, in.Name, added.Key)
				return err
			})
		},
	}
	settings(c, "data", "dev", "master_key")
	c.Flags().StringVar(&in.Name, "name", "", "the service's name: lower-case letters, digits, dashes")
	c.Flags().StringSliceVar(&in.Allow, "allow", nil, "permission:purpose that it may ask for; repeat or separate by commas")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	must(c.MarkFlagRequired("name"), c.MarkFlagRequired("allow"))
	return c
}
