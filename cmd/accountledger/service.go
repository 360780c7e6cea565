package main

import (
	"context"
	"fmt"

	"accountledger/operate"

	"github.com/spf13/cobra"
)

func service() *cobra.Command {
	return group("service", "Manage connected services", serviceAdd(), serviceList(), serviceRotate(),
		serviceChange(operate.ServiceSuspend, "suspend", "Tell a service nothing until it is resumed", "suspended"),
		serviceChange(operate.ServiceResume, "resume", "End the suspension of a service", "resumed"),
		serviceChange(operate.ServiceEnd, "end", "End a service and all its keys, for good", "ended"),
		serviceRename(), serviceAllow(), serviceEndKey())
}

func serviceAdd() *cobra.Command {
	var in operate.ServiceAdd
	c := &cobra.Command{
		Use:   "add",
		Short: "Connect a service and print its key",
		Args:  asInUsage,
		RunE: func(c *cobra.Command, _ []string) error {
			return console(c, func(ctx context.Context, con operate.Console) error {
				added, err := operate.AddService.Run(ctx, con, in, nil)
				if err != nil {
					return err
				}
				if asJSON(c) {
					return printJSON(c, added)
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "Service %s connected as %s.\nKey, shown once:\n\n  %s\n", added.Service, in.Name, added.Key)
				return err
			})
		},
	}
	settings(c, "data", "dev", "master_key")
	c.Flags().StringVar(&in.Name, "name", "", "the service's name: lower-case letters, digits, dashes")
	c.Flags().StringSliceVar(&in.Allow, "allow", nil, "permission:purpose that it may ask for; repeat the flag or separate with commas")
	must(c.MarkFlagRequired("name"), c.MarkFlagRequired("allow"))
	return c
}
