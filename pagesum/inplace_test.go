package pagesum_test

import (
	"os"
	"path/filepath"
	"testing"

	"accountledger/pagesum"
)

// TestContentsReplacedInPlace puts older contents into a main file while it is open, as cp does: nothing is copied over them after that, and
// the files are refused at the next opening.
func TestContentsReplacedInPlace(t *testing.T) {
	t.Parallel()
	for name, between := range map[string][]string{
		"nothing was copied since": {"UPDATE things SET name = 'later' WHERE n = 7"},
		"copied in part since":     {"UPDATE things SET name = 'later' WHERE n = 7", "PRAGMA wal_checkpoint(PASSIVE)"},
		"another filling": {"UPDATE things SET name = 'later' WHERE n = 7", "PRAGMA wal_checkpoint(TRUNCATE)",
			"UPDATE things SET name = 'much later' WHERE n = 8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "file.db")
			fill(t, path)
			old, err := os.ReadFile(path)
			ok(t, err)
			db := open(t, path)
			db.SetMaxOpenConns(1)
			exec(t, db, between...)
			ok(t, os.WriteFile(path, old, 0o600))
			exec(t, db, "PRAGMA wal_autocheckpoint = 0")
			_, written := db.Exec("UPDATE things SET name = 'last' WHERE n = 9")
			_, copied := db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
			if written != nil {
				copied = written
			}
			ok(t, db.Close())
			reopened := open(t, path)
			after, err := rows(reopened)
			if copied == nil && err == nil && len(after) > 0 {
				var names int
				ok(t, reopened.QueryRow("SELECT count(*) FROM things WHERE name IN ('later', 'last')").Scan(&names))
				if names != 2 {
					t.Errorf("%d of 2 changes are there, and no error", names)
				}
			} else if err != nil && !pagesum.Damaged(err) || copied != nil && !pagesum.Damaged(copied) {
				t.Errorf("%v, then %v", copied, err)
			}
		})
	}
}
