package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"accountledger/operate"

	"github.com/spf13/cobra"
)

func keys() *cobra.Command {
	return group("keys", "Manage the master keys", keysNew(), keysList(), keysRotate(), keysDestroyed())
}

// keySettings are the settings that commands on master keys need.
func keySettings(c *cobra.Command) {
	settings(c, "data", "dev", "master_key", "master_key_older", "backup.keep")
}

func keysList() *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "List the master keys: what is wrapped under each, and when it may be destroyed",
		Args:  asInUsage,
		RunE: func(c *cobra.Command, _ []string) error {
			return console(c, func(ctx context.Context, con operate.Console) error {
				all, err := operate.ListKeys.Run(ctx, con, operate.None{}, nil)
				if err != nil {
					return err
				}
				if asJSON(c) {
					return printJSON(c, all)
				}
				return printKeys(c, all)
			})
		},
	}
	keySettings(c)
	return c
}

func keysRotate() *cobra.Command {
	var in operate.KeysRotate
	c := &cobra.Command{
		Use:   "rotate",
		Short: "Rewrap every key under a new master key, while the server serves",
		Long: `Make a new master key beside the current one, and rewrap every key, secret and identifier in the vault under it. The server keeps serving.
Neither Ctrl-C nor a crash loses anything: run it again and it continues where it stopped.
The old master key is needed for as long as backups made under it are kept; keys list says until when.`,
		Args: asInUsage,
		RunE: func(c *cobra.Command, _ []string) error {
			if in.To != "" {
				var err error
				if in.To, err = filepath.Abs(in.To); err != nil {
					return err
				}
			}
			return console(c, func(ctx context.Context, con operate.Console) error {
				return interruptible(c, goesOn, func(progress func(operate.Progress)) (operate.KeysRotated, error) {
					return operate.RotateKeys.Run(ctx, con, in, progress)
				}, printRotated)
			})
		},
	}
	keySettings(c)
	c.Flags().StringVar(&in.To, "to", "", "file of the new master key, created if missing (default: beside the current one, with the date in its name)")
	return c
}

func keysDestroyed() *cobra.Command {
	var in operate.KeysDestroyed
	c := &cobra.Command{
		Use:   "destroyed ID",
		Short: "Record that you destroyed a master key and every copy of it, permanently",
		Args:  asInUsage,
		RunE: func(c *cobra.Command, args []string) error {
			in.Key = args[0]
			return console(c, func(ctx context.Context, con operate.Console) error {
				k, err := operate.RecordDestroyedKey.Run(ctx, con, in, nil)
				if err != nil {
					return err
				}
				if asJSON(c) {
					return printJSON(c, k)
				}
				_, err = fmt.Fprintf(c.OutOrStdout(),
					"Master key %s is recorded as destroyed. What was erased while it was in use cannot be opened anywhere, once every older master key is destroyed too.\n",
					k.ID)
				return err
			})
		},
	}
	keySettings(c)
	c.Flags().BoolVar(&in.Force, "force", false, "record it although backups made under it may still be kept; they can then never be restored")
	return c
}

func printRotated(c *cobra.Command, done operate.KeysRotated) error {
	out := c.OutOrStdout()
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(out, format+"\n", a...) }
	p("Everything is now wrapped under master key %s (%d rows rewrapped).", done.Key, done.Rows)
	p("Its file: %s. Keep a copy of it apart from every backup: without it nothing can be read.", done.File)
	if done.Damaged > 0 {
		p("%d rows do not open under the master key that they name. They were left as they are, and that key stays in use.", done.Damaged)
	}
	for _, k := range done.Keys {
		if k.State != operate.KeyKept && k.State != operate.KeyDestroyable {
			continue
		}
		p("")
		p("Master key %s is out of use (%s).", k.ID, strings.Join(k.Files, ", "))
		p("Backups made under it may be kept until %s: until then keep it, apart from them, to restore them.", k.Destroyable.Local().Format(time.DateTime))
		p("After that destroy its file and every copy, and run: %s", again(c, "keys destroyed "+k.ID))
	}
	return nil
}

func printKeys(c *cobra.Command, all []operate.MasterKey) error {
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 4, 2, ' ', 0)
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(w, format+"\n", a...) }
	p("MASTER KEY\tSTATE\tROWS\tSINCE\tENDED\tDESTROYABLE FROM\tFILES")
	for _, k := range all {
		n := int64(0)
		if k.Rows != nil {
			n = *k.Rows
		}
		p("%s\t%s\t%d\t%s\t%s\t%s\t%s", k.ID, k.State, n, day(k.Began), day(k.Ended), destroyable(k), strings.Join(k.Files, ", "))
	}
	return w.Flush()
}

// keyLine is the state of a master key and what to do about it.
func keyLine(c *cobra.Command, k operate.MasterKey) string {
	switch k.State {
	case operate.KeyCurrent:
		return "current since " + day(k.Began)
	case operate.KeyInUse:
		return "in use: a rotation is not finished; run " + again(c, "keys rotate")
	case operate.KeyKept:
		return "out of use; backups made under it may be kept until " + day(k.Destroyable)
	case operate.KeyDestroyable:
		return "out of use; no backup needs it since " + day(k.Destroyable) + ": destroy it, then run " + again(c, "keys destroyed "+k.ID)
	}
	return "new: for the next rotation"
}

func destroyable(k operate.MasterKey) string {
	switch k.State {
	case operate.KeyDestroyed:
		return "destroyed " + day(k.Destroyed)
	case operate.KeyCurrent, operate.KeyInUse:
		return "not while in use"
	}
	return day(k.Destroyable)
}

func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format(time.DateTime)
}
