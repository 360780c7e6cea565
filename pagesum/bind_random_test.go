package pagesum_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/faults/disk"
	"accountledger/pagesum"
)

// TestRandomMixtures runs transactions, checkpoints, readers, closings and journal changes in random order, and
// combines main files and write-ahead files of different times. Matching files are always accepted and are
// exactly what they were; any other accepted combination is a former state of the file, never a mixture.
func TestRandomMixtures(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			mixtures(t, rand.New(rand.NewPCG(seed, 5)))
		})
	}
}

func mixtures(t *testing.T, random *rand.Rand) {
	db, path := things(t)
	exec(t, db, "PRAGMA wal_checkpoint(TRUNCATE)") // so that each main file has the table
	var reader *sql.DB
	release := func() {
		if reader != nil {
			ok(t, reader.Close())
		}
		reader = nil
	}
	var copies []copyOf
	var states []string
	states = append(states, "") // while the table was empty
	for range 90 {
		switch n := random.IntN(20); {
		case n < 9:
			tx, err := db.Begin()
			ok(t, err)
			for range 1 + random.IntN(12) { // many pages, all of which change together
				_, err := tx.Exec("REPLACE INTO things VALUES (?, randomblob(?))", random.IntN(40), 500+random.IntN(4000))
				ok(t, err)
			}
			if random.IntN(8) == 0 {
				ok(t, tx.Rollback())
			} else {
				ok(t, tx.Commit())
			}
		case n < 10:
			exec(t, db, "DELETE FROM things WHERE n % 3 = 0")
		case n < 13:
			exec(t, db, "PRAGMA wal_checkpoint(PASSIVE)")
		case n < 14 && reader == nil:
			exec(t, db, "PRAGMA wal_checkpoint(RESTART)")
		case n < 15 && reader == nil:
			exec(t, db, "PRAGMA wal_checkpoint(TRUNCATE)")
		case n < 16 && reader == nil:
			exec(t, db, "VACUUM")
		case n < 17 && reader == nil:
			exec(t, db, "PRAGMA journal_mode = DELETE")
			exec(t, db, "REPLACE INTO things VALUES (1, randomblob(5000))", "PRAGMA journal_mode = WAL")
		case n < 18 && reader == nil:
			ok(t, db.Close())
			db = open(t, path)
			db.SetMaxOpenConns(1)
			exec(t, db, "PRAGMA wal_autocheckpoint = 0")
		default:
			if reader != nil {
				release()
				break
			}
			reader = open(t, path)
			conn, err := reader.Conn(t.Context())
			ok(t, err)
			_, err = conn.ExecContext(t.Context(), "BEGIN; SELECT count(*) FROM things")
			ok(t, err)
			ok(t, conn.Close())
		}
		var now string
		ok(t, db.QueryRow("SELECT coalesce(group_concat(n || ':' || hex(value)), '') FROM (SELECT * FROM things ORDER BY n)").Scan(&now))
		copies, states = append(copies, take(t, path)), append(states, now)
	}
	release()
	known := map[string]bool{}
	for _, s := range states {
		known[s] = true
	}
	taken, refused := 0, 0
	for n, c := range copies {
		if now, err := c.looked(t); err != nil || now != states[n+1] {
			t.Errorf("copy %d: %v, the same as it was: %v", n, err, now == states[n+1])
		}
		mixed := copyOf{c.main, copies[random.IntN(len(copies))].log}
		now, err := mixed.looked(t)
		switch {
		case err == nil && !known[now]:
			t.Errorf("copy %d with another write-ahead file is not a former state", n)
		case err == nil:
			taken++
		case !pagesum.Damaged(err):
			t.Errorf("copy %d: %v", n, err)
		default:
			refused++
		}
	}
	if taken < 5 || refused < 20 {
		t.Errorf("%d mixtures accepted, %d refused", taken, refused)
	}
}

// TestCrashAtEachStep stops the program, or cuts the power, after each change to the files while the write-ahead file is
// restarted repeatedly: the remaining files always match, and are the state after one of the last transactions.
func TestCrashAtEachStep(t *testing.T) {
	t.Parallel()
	for _, mode := range []struct {
		synchronous string
		power       bool
	}{{"OFF", false}, {"NORMAL", false}, {"NORMAL", true}, {"FULL", true}} {
		t.Run(fmt.Sprintf("%s, power lost %v", mode.synchronous, mode.power), func(t *testing.T) {
			t.Parallel()
			crash(t, mode.synchronous, mode.power)
		})
	}
}

func crash(t *testing.T, synchronous string, power bool) {
	d := disk.Under(t, t.TempDir())
	path := filepath.Join(d.Dir(), "file.db")
	from := strings.Replace(address(t, path), "synchronous(OFF)", "synchronous("+synchronous+")", 1)
	states := []string{""}
	type image struct {
		copyOf
		after int // number of states before it
	}
	var images []image
	watch := func(op int) {
		if !power {
			images = append(images, image{take(t, path), len(states)})
			return
		}
		to := t.TempDir()
		switch op % 4 {
		case 0:
			ok(t, d.CutLeaving(to, disk.None))
		case 1:
			ok(t, d.CutLeaving(to, disk.Newest))
		default:
			ok(t, d.Cut(to, uint64(op)))
		}
		images = append(images, image{take(t, filepath.Join(to, "file.db")), len(states)})
	}
	round := func(db *sql.DB, n int) {
		tx, err := db.Begin()
		ok(t, err)
		for i := range 1 + n%3 {
			_, err := tx.Exec("REPLACE INTO things VALUES (?, randomblob(3000))", (n+i)%4)
			ok(t, err)
		}
		var now string
		ok(t, tx.QueryRow("SELECT group_concat(n || ':' || hex(value)) FROM (SELECT * FROM things ORDER BY n)").Scan(&now))
		states = append(states, now) // all or nothing, while it is committed
		ok(t, tx.Commit())
	}
	db, err := sql.Open("sqlite", from)
	ok(t, err)
	db.SetMaxOpenConns(1)
	exec(t, db, "PRAGMA wal_autocheckpoint = 0", "CREATE TABLE things (n INTEGER PRIMARY KEY, value BLOB)", "PRAGMA wal_checkpoint(TRUNCATE)")
	d.Watch(watch)
	for n := range 14 {
		round(db, n)
		switch n % 7 {
		case 1:
			exec(t, db, "PRAGMA wal_checkpoint(TRUNCATE)")
		case 2, 4:
			exec(t, db, "PRAGMA wal_checkpoint(RESTART)")
		case 5:
			ok(t, db.Close())
			db, err = sql.Open("sqlite", from)
			ok(t, err)
			db.SetMaxOpenConns(1)
			exec(t, db, "PRAGMA wal_autocheckpoint = 0")
		}
	}
	d.Watch(nil)
	ok(t, db.Close())
	if len(images) < 100 {
		t.Fatalf("only %d steps", len(images))
	}
	for n, i := range images {
		now, err := i.looked(t)
		if err != nil {
			t.Fatalf("step %d: %v", n, err)
		}
		least := i.after - 2 // the last may have been under way
		if power && synchronous == "NORMAL" {
			least = 0
		}
		found := false
		for _, s := range states[max(least, 0):i.after] {
			found = found || s == now
		}
		if !found {
			t.Errorf("step %d: it is not a state after one of the last transactions", n)
		}
	}
}

// TestFailedStamp: if the main file cannot be stamped or synced, the transaction that would begin the filling fails, and
// the next one succeeds.
func TestFailedStamp(t *testing.T) {
	t.Parallel()
	for _, op := range []disk.Op{disk.Write, disk.Sync} {
		d := disk.Under(t, t.TempDir())
		path := filepath.Join(d.Dir(), "file.db")
		db, err := sql.Open("sqlite", strings.Replace(address(t, path), "synchronous(OFF)", "synchronous(FULL)", 1))
		ok(t, err)
		db.SetMaxOpenConns(1)
		exec(t, db, "CREATE TABLE things (n INTEGER PRIMARY KEY, value BLOB)", copyAll)
		const code = 10 // SQLITE_IOERR
		d.Fail(op, "file.db", code)
		if _, err := db.Exec("INSERT INTO things VALUES (1, 'lost')"); err == nil {
			t.Errorf("%s: nothing failed", op)
		}
		d.Mend()
		exec(t, db, "INSERT INTO things VALUES (2, 'kept')")
		to := t.TempDir()
		ok(t, errors.Join(d.CutLeaving(to, disk.None), os.Chmod(to, 0o700)))
		if now, err := take(t, filepath.Join(to, "file.db")).looked(t); err != nil || now != "2:6B657074" {
			t.Errorf("%s: %q, %v", op, now, err)
		}
		ok(t, db.Close())
	}
}
