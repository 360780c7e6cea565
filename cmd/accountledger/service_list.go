package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"accountledger/operate"

	"github.com/spf13/cobra"
)

func serviceList() *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "List services: what each may ask for, its keys, and when each key was last used",
		Args:  asInUsage,
		RunE: func(c *cobra.Command, _ []string) error {
			return console(c, func(ctx context.Context, con operate.Console) error {
				all, err := operate.ListServices.Run(ctx, con, operate.None{}, nil)
				if err != nil {
					return err
				}
				if asJSON(c) {
					return printJSON(c, all)
				}
				return printServices(c, all)
			})
		},
	}
	settings(c, "data", "dev", "master_key")
	return c
}

// printServices prints one line for each key.
func printServices(c *cobra.Command, all operate.ServiceList) error {
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "SERVICE\tSTATE\tMAY ASK FOR\tKEY\tCREATED\tENDED\tLAST USED")
	at := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.Local().Format(time.DateTime)
	}
	for _, s := range all.Services {
		for _, k := range s.Keys {
			used := at(k.Used)
			if all.NoUse && k.Used.IsZero() {
				used = "?"
			}
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%s\n", s.Name, s.State, strings.Join(s.Allowed, ","), k.Number, at(k.Created), at(k.Ended), used)
		}
	}
	return w.Flush()
}
