package main

import (
	"context"
	"fmt"

	"accountledger/operate"
	backups "accountledger/replay/backup"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
)

func backup() *cobra.Command {
	c := &cobra.Command{
		Use:   "backup OUT",
		Short: "Write a backup of log and vault into a new folder, while the server runs or not",
		Long: `Write a backup into the new folder OUT: the log, then the vault, so that no key is missing, then a manifest. It holds no master key: keep those
apart. The backup is read back before its manifest is written; a folder without a manifest is not a backup.
Neither Ctrl-C nor a crash loses anything: run it again and it continues where it stopped.`,
		Args: asInUsage,
		RunE: func(c *cobra.Command, args []string) error {
			if err := outside(c, args[0]); err != nil {
				return err
			}
			return console(c, func(ctx context.Context, con operate.Console) error {
				return interruptible(c, goesOn, func(progress func(operate.Progress)) (backups.Made, error) {
					return operate.Backup(ctx, con, args[0], progress)
				}, printBackup)
			})
		},
	}
	settings(c, "data", "dev", "master_key", "master_key_older", "backup.list")
	return c
}

func printBackup(c *cobra.Command, done backups.Made) error {
	out := c.OutOrStdout()
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(out, format+"\n", a...) }
	p("Backed up %d events and %d rows of the vault into %s.", done.Events, done.Rows, done.Folder)
	p("Content hash of the log: %s", done.Hash)
	p("Restoring it needs these master keys, which are not in it: %s", joinIDs(done.Masters))
	if done.List == nil {
		p("No list of destructions is kept (--backup-list): restoring this brings back anyone erased from now on.")
	} else {
		p("The list of destructions has %d entries. Copy it along with the backups, and its head along with the master key.", done.List.Entries)
	}
	return nil
}

// backupLines are the lines of status about backups.
func backupLines(b operate.BackupsStatus) []string {
	newest, until := "none recorded in the log", "no recorded backup holds keys"
	if !b.Completed.IsZero() {
		newest = "newest completed " + day(b.Completed)
	}
	if !b.KeptUntil.IsZero() {
		if b.Completed.IsZero() {
			newest = "none completed by the log's record, but begun or restored from"
		}
		until = "backups may hold keys of what is erased now, wrapped, until " + day(b.KeptUntil)
	}
	list := "none is kept (--backup-list): a restore can bring back people erased after the backup"
	if b.List != "" {
		list = fmt.Sprintf("%s, %d entries, each for keys, secrets and identifiers destroyed together", b.List, b.Destructions)
	}
	lines := []string{"backups\t" + newest, "\t" + until, "destructions\t" + list}
	if b.Fault != "" {
		lines = append(lines, "\tFAULT: "+b.Fault+"; nothing is destroyed until it is put right")
	}
	return lines
}

func joinIDs(ids []uuid.UUID) string {
	text := ""
	for i, id := range ids {
		if i > 0 {
			text += ", "
		}
		text += id.String()
	}
	return text
}
