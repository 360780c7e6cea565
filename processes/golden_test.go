package processes_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"accountledger/journal"
	"accountledger/pagesum"
	"accountledger/processes"
	"accountledger/projections/projectiontest"
)

// goldenLog is the views'.
const goldenLog = "../projections/testdata/log.jsonl"

var update = flag.Bool("update", false, "write the golden lists if the list's version is new, or if they only gain lines")

// The list has one rule for every type of event: it sets a deadline, or is ignored on purpose.
func TestTheListKnowsEveryType(t *testing.T) {
	var all []reflect.Type
	for _, typ := range journal.Types() {
		all = append(all, reflect.TypeOf(typ.New()))
	}
	has := processes.Types()
	for _, typ := range all {
		if !slices.Contains(has, typ) {
			t.Errorf("no rule for %s: give it one, or list it with ignore", typ)
		}
	}
	for i, typ := range has {
		if !slices.Contains(all, typ) {
			t.Errorf("a rule for %s, which is not registered", typ)
		}
		if slices.Contains(has[:i], typ) {
			t.Errorf("two rules for %s", typ)
		}
	}
}

// TestGoldenList reads the views' golden log event by event and compares the list as each event leaves it. If a list comes out
// otherwise it needs a new version, so that every stored one is filled again; -update changes nothing about that.
func TestGoldenList(t *testing.T) {
	l := projectiontest.New(t)
	l.ReadGolden(goldenLog)
	page, err := l.Journal.ReadAll(t.Context(), journal.Checkpoint{}, 10_000)
	if err != nil || page.Waits != nil {
		t.Fatal(err, page.Waits)
	}
	path := filepath.Join(t.TempDir(), "deadlines.db")
	p := openList(t, l, path)
	version := fmt.Appendf(nil, "version %d\n", processes.Version)
	got := bytes.Clone(version)
	before := rowsOf(t, path)
	for i := range page.Records {
		one := page
		one.Records = page.Records[i : i+1]
		fatal(t, p.Handle(t.Context(), one))
		after := rowsOf(t, path)
		for _, row := range before {
			if !slices.Contains(after, row) {
				got = fmt.Appendf(got, "%d -%s\n", i+1, row)
			}
		}
		for _, row := range after {
			if !slices.Contains(before, row) {
				got = fmt.Appendf(got, "%d +%s\n", i+1, row)
			}
		}
		before = after
	}
	fatal(t, p.Close())
	golden := "testdata/deadlines.txt"
	want, err := os.ReadFile(golden)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	same := bytes.HasPrefix(want, version)
	switch {
	case bytes.Equal(got, want):
		return
	case same && !bytes.HasPrefix(got, want):
		t.Fatalf("the list comes out otherwise and its version is the same: raise it, then run with -update\n%s", got)
	case !*update:
		t.Fatal("the golden list is of another version, or ends before the golden log does: run with -update")
	}
	fatal(t, os.MkdirAll("testdata", 0o700))
	fatal(t, os.WriteFile(golden, got, 0o600))
}

// A list filled at once is the same as one that followed the log page by page, and one of another version is filled again.
func TestAListIsFilledAtOnce(t *testing.T) {
	l := projectiontest.New(t)
	l.ReadGolden(goldenLog)
	followed, filled := filepath.Join(t.TempDir(), "deadlines.db"), filepath.Join(t.TempDir(), "deadlines.db")
	p := openList(t, l, followed)
	for at := (journal.Checkpoint{}); ; {
		page, err := l.Journal.ReadAll(t.Context(), at, 3)
		fatal(t, err)
		if page.Checkpoint == at {
			break
		}
		fatal(t, p.Handle(t.Context(), page))
		at = page.Checkpoint
	}
	fatal(t, p.Close())
	want := rowsOf(t, followed)
	fill := func() {
		t.Helper()
		p := openList(t, l, filled)
		at, err := p.Consumer().Checkpoint(t.Context())
		fatal(t, err)
		fatal(t, p.Close())
		if rows := rowsOf(t, filled); at != l.Head() || len(want) == 0 || !slices.Equal(rows, want) {
			t.Errorf("at %s the list is\n%s\nwant\n%s", at.Position, strings.Join(rows, "\n"), strings.Join(want, "\n"))
		}
	}
	fill()
	change(t, filled, `DELETE FROM deadlines`, fmt.Sprintf(`PRAGMA user_version = %d`, processes.Version-1))
	fill()
}

func openList(t *testing.T, l *projectiontest.Ledger, path string) *processes.Processes {
	t.Helper()
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	p, err := processes.Open(t.Context(), processes.Deps{Journal: l.Journal, Now: func() time.Time { return at }, Log: l.Logger, Path: path})
	fatal(t, err)
	return p
}

// rowsOf gives the list's entries, readable and in order.
func rowsOf(t *testing.T, path string) (out []string) {
	t.Helper()
	db := openFile(t, path)
	defer func() { fatal(t, db.Close()) }()
	rows, err := db.QueryContext(t.Context(), `SELECT kind, hex(id), due, next, position, soon, tries FROM deadlines ORDER BY kind, id`)
	fatal(t, err)
	defer func() { fatal(t, rows.Close()) }()
	for rows.Next() {
		var kind, id string
		var due, next, position, soon, tries int64
		fatal(t, rows.Scan(&kind, &id, &due, &next, &position, &soon, &tries))
		out = append(out, fmt.Sprintf("%s %s due %d next %d position %d soon %d tries %d", kind, id, due, next, position, soon, tries))
	}
	fatal(t, rows.Err())
	return out
}

func openFile(t *testing.T, path string) *sql.DB {
	t.Helper()
	vfs, err := pagesum.VFS()
	fatal(t, err)
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&vfs="+vfs)
	fatal(t, err)
	return db
}

func change(t *testing.T, path string, statements ...string) {
	t.Helper()
	db := openFile(t, path)
	defer func() { fatal(t, db.Close()) }()
	for _, s := range statements {
		_, err := db.ExecContext(context.WithoutCancel(t.Context()), s)
		fatal(t, err)
	}
}
