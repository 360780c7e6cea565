package main

import (
	"context"
	"fmt"
	"strconv"

	"accountledger/operate"

	"github.com/spf13/cobra"
)

// ofService is a command on one service. The service's name is its argument.
func ofService(use, short string, run func(ctx context.Context, c *cobra.Command, con operate.Console, name string) error) *cobra.Command {
	c := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  asInUsage,
		RunE: func(c *cobra.Command, args []string) error {
			return console(c, func(ctx context.Context, con operate.Console) error { return run(ctx, c, con, args[0]) })
		},
	}
	settings(c, "data", "dev", "master_key")
	return c
}

// change carries a change out and says what came of it.
func change(ctx context.Context, c *cobra.Command, con operate.Console, in operate.ServiceChange, done string) error {
	info, err := operate.ChangeService.Run(ctx, con, in, nil)
	if err != nil {
		return err
	}
	if asJSON(c) {
		return printJSON(c, info)
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "Service %s %s.\n", info.Name, done)
	return err
}

func serviceChange(act operate.ServiceAct, verb, short, done string) *cobra.Command {
	return ofService(verb+" NAME", short, func(ctx context.Context, c *cobra.Command, con operate.Console, name string) error {
		return change(ctx, c, con, operate.ServiceChange{Service: name, Act: act}, done)
	})
}

func serviceRename() *cobra.Command {
	var to string
	c := ofService("rename NAME --name NEW", "Give a service another name; nobody else gets the old one",
		func(ctx context.Context, c *cobra.Command, con operate.Console, name string) error {
			return change(ctx, c, con, operate.ServiceChange{Service: name, Act: operate.ServiceRename, Name: to}, "has this name now")
		})
	c.Flags().StringVar(&to, "name", "", "the new name: lower-case letters, digits, dashes")
	must(c.MarkFlagRequired("name"))
	return c
}

func serviceAllow() *cobra.Command {
	var allow []string
	c := ofService("allow NAME --allow LIST", "Say all that a service may ask for from now on",
		func(ctx context.Context, c *cobra.Command, con operate.Console, name string) error {
			return change(ctx, c, con, operate.ServiceChange{Service: name, Act: operate.ServiceAllow, Allow: allow}, "may ask for this now")
		})
	c.Flags().StringSliceVar(&allow, "allow", nil, "permission:purpose that it may ask for; repeat the flag or separate with commas")
	must(c.MarkFlagRequired("allow"))
	return c
}

func serviceRotate() *cobra.Command {
	return ofService("rotate NAME", "Print another key for a service, valid beside the one that it has",
		func(ctx context.Context, c *cobra.Command, con operate.Console, name string) error {
			added, err := operate.AddServiceKey.Run(ctx, con, operate.ServiceNamed{Service: name}, nil)
			if err != nil {
				return err
			}
			if asJSON(c) {
				return printJSON(c, added)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(),
				"Key %d of service %s, shown once:\n\n  %s\n\nWhen the service uses it, end the other one: service end-key %s NUMBER.\n",
				added.Number, name, added.Key, name)
			return err
		})
}

func serviceEndKey() *cobra.Command {
	c := ofService("end-key NAME NUMBER", "End a key of a service at once, even its only one", nil)
	c.RunE = func(c *cobra.Command, args []string) error {
		key, err := strconv.Atoi(args[1])
		if err != nil {
			return usagef("NUMBER", "give the key's number; service list shows it")
		}
		return console(c, func(ctx context.Context, con operate.Console) error {
			return change(ctx, c, con, operate.ServiceChange{Service: args[0], Act: operate.ServiceKeyEnd, Key: key}, fmt.Sprintf("has key %d no longer", key))
		})
	}
	return c
}
