package fault_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/operate/fault"
	"accountledger/pagesum"
	"accountledger/projections/elastic"
	"accountledger/vault"
)

// canary is what an error that nobody here wrote could repeat.
const canary = "ada@example.com"

// TestCause: what is known of an error is shown, and none of the words of others.
func TestCause(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		err  error
		kind fault.Kind
		want string
	}{
		"a page": {fmt.Errorf("%w: reading: %w", vault.ErrCorrupt, &pagesum.DamageError{File: "/data/vault/vault.db", Offset: 8192}), fault.Damaged,
			"damaged: vault: damaged (file /data/vault/vault.db, offset 8192)"},
		"two times": {fmt.Errorf("%w: opening: %w", vault.ErrCorrupt, &pagesum.DamageError{File: "/data/vault/vault.db-wal", Offset: -1, Foreign: true}),
			fault.Damaged,
			"damaged: the write-ahead file does not belong to the main file beside it (file /data/vault/vault.db-wal)"},
		"the log": {&eventstore.CorruptError{File: "/data/log/000004.log", Offset: 0, At: eventstore.NewPosition(7, 7), Reason: "bad checksum"}, fault.Damaged,
			"damaged: the log is damaged: bad checksum (file /data/log/000004.log, offset 0, position 7)"},
		"a full disk": {fmt.Errorf("%w: %w", eventstore.ErrReadOnly, &fs.PathError{Op: "write", Path: "/data/log/1.log", Err: syscall.ENOSPC}), fault.NoSpace,
			"no space: " + eventstore.ErrReadOnly.Error() + " (write, file /data/log/1.log, ENOSPC)"},
		"a latched log": {fmt.Errorf("%w: %w", eventstore.ErrReadOnly, errors.New(canary)), fault.ReadOnly, "read only: " + eventstore.ErrReadOnly.Error()},
		"a read-only folder": {domain.ErrUnavailable.Because(fmt.Errorf("%w: %w", vault.ErrUnavailable,
			&fs.PathError{Op: "open", Path: "/keys/head", Err: syscall.EROFS})),
			fault.ReadOnly, "read only (open, file /keys/head, EROFS)"},
		"PostgreSQL": {fmt.Errorf("%w: %w", vault.ErrUnavailable, &pgconn.PgError{Code: "53100", Message: canary}), fault.NoSpace, "no space (SQLSTATE 53100)"},
		"Elasticsearch": {&elastic.ResponseError{Status: 429, Type: "cluster_block_exception"}, fault.ReadOnly,
			"read only (HTTP 429 cluster_block_exception)"},
		"a server of the log that is away": {&eventstore.OutageError{Since: time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC),
			Cause: fmt.Errorf("%s: %w", canary, syscall.ECONNREFUSED)},
			fault.Unreachable, "unreachable: the log has not answered since 2026-03-09T12:00:00Z (ECONNREFUSED)"},
		"rights": {fmt.Errorf("%s: %w", canary, &eventstore.DeniedError{Doing: "reading $all", User: "ledger"}), fault.Denied,
			`denied: reading $all is denied to user "ledger"`},
		"a password": {&eventstore.OutageError{Since: time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC),
			Cause: &eventstore.DeniedError{Doing: "reading $all", User: "ledger", Credentials: true}},
			fault.Denied, `denied: the log has not answered since 2026-03-09T12:00:00Z: the password of user "ledger" is not accepted, reading $all`},
		"a server's limit": {&eventstore.LimitError{Doing: "appending to stream x", Event: true, Limit: 10, Needed: 20}, fault.Denied,
			"denied: appending to stream x needs 20 bytes, and the server takes no more than 10 for an event"},
		"a call": {fmt.Errorf("%s: %w", canary, &eventstore.CallError{Doing: "reading $all", Answer: "no answer in time"}), fault.Unreachable,
			"unreachable: reading $all: no answer in time"},
		"unsure of an append": {fmt.Errorf("%w: %w", eventstore.ErrUnknownOutcome,
			&eventstore.OutageError{Since: time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC), Cause: eventstore.ErrUnavailable}),
			fault.Unsure, "unknown outcome: " + eventstore.ErrUnknownOutcome.Error() + ": the log has not answered since 2026-03-09T12:00:00Z"},
		"slow": {fmt.Errorf("asking: %w", context.DeadlineExceeded), fault.Timeout, "timeout: no answer in time"},
		"a vault's server that is silent": {&vault.OutageError{Since: time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC),
			Cause: fmt.Errorf("%s: %w", canary, os.ErrDeadlineExceeded)},
			fault.Timeout, "timeout: the vault has not answered since 2026-03-09T12:00:00Z"},
		"a log that is silent": {&fault.SilenceError{Where: fault.Log, Since: time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)}, fault.Timeout,
			"timeout: the log has not answered since 2026-03-09T12:00:00Z"},
		"a vault put back": {fmt.Errorf("%s: %w: %w", canary, vault.ErrUnavailable, &vault.BehindError{File: "schema x", By: "this process"}), fault.Foreign,
			"foreign: vault: schema x: its last acknowledged transactions are missing, according to this process: it was put back to an earlier state"},
		"anything": {fmt.Errorf("refused: %w", errors.New(canary)), fault.Other, "other: an error of type *errors.errorString"},
	} {
		c := fault.Of(one.err)
		if c.Kind != one.kind || c.String() != one.want {
			t.Errorf("%s: %s\n%s\nwanted\n%s", name, c.Kind, c, one.want)
		}
	}
}

// TestSQLite: the result code is named.
func TestSQLite(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "none", "x.db"))
	if err == nil {
		err = db.PingContext(t.Context())
	}
	t.Cleanup(func() { _ = db.Close() })
	if c := fault.Of(err); c.Kind != fault.IO || !strings.HasPrefix(c.Engine, "SQLITE_CANTOPEN") {
		t.Errorf("%v: %+v", err, c)
	}
}

// TestBook: a fault is logged once in ten seconds with how many were not, and remembered with since when and how often.
func TestBook(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	counted := 0
	b := fault.NewBook(slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now }, func(w fault.Area, k fault.Kind) {
		if w == fault.Vault && k == fault.Damaged {
			counted++
		}
	})
	damage := func(offset int64) error { return &pagesum.DamageError{File: "vault.db", Offset: offset} }
	note := func(offset int64) {
		b.Note(fault.Met{Where: fault.Vault, Doing: "key", Request: fmt.Sprintf("request-%d", counted), Err: damage(offset)})
		now = now.Add(time.Second)
	}
	for range 10 {
		note(4096)
	}
	note(0)
	if text := log.String(); strings.Count(text, "level=ERROR") != 2 || !strings.Contains(text, "offset=4096") || !strings.Contains(text, "request=request-0") ||
		!strings.Contains(text, "suppressed=9") || !strings.Contains(text, "offset=0") {
		t.Errorf("the log is\n%s", text)
	}
	all := b.All()
	if len(all) != 2 || *all[0].Offset != 0 || all[0].Count != 1 || *all[1].Offset != 4096 || all[1].Count != 10 || !all[1].Current ||
		all[1].Last.Sub(all[1].Since) != 9*time.Second || all[1].Request != "request-9" || counted != 11 {
		t.Errorf("%d, %+v", counted, all)
	}
	now = now.Add(time.Minute)
	if b.All()[0].Current {
		t.Error("what was met a minute ago counts as current")
	}
	now = now.Add(time.Hour)
	note(4096)
	if all := b.All(); all[0].Count != 1 || !all[0].Since.Equal(all[0].Last) || !all[0].Current || all[1].Current {
		t.Errorf("an hour later: %+v", all)
	}
	for n := range int64(200) {
		note(8192 * (n + 1))
	}
	if n := len(b.All()); n != 64 {
		t.Errorf("%d faults are remembered", n)
	}
	log.Reset()
	note(0)
	if err := b.Close(); err != nil || !strings.Contains(log.String(), "suppressed") {
		t.Errorf("%v\n%s", err, log.String())
	}
}

// TestNoFaults: what is an answer, or somebody's leaving, is no fault.
func TestNoFaults(t *testing.T) {
	busy := errors.New("too many at once")
	d := &fault.Desk{Answer: func(err error) bool { return errors.Is(err, busy) }}
	for _, err := range []error{nil, context.Canceled, &eventstore.ConflictError{}, errors.Join(errors.New("asking"), context.Canceled), busy} {
		if d.IsFault(err) {
			t.Errorf("%v counts as a fault", err)
		}
	}
	if !d.IsFault(&eventstore.CorruptError{File: "000007.sst"}) {
		t.Error("damage counts as none")
	}
}

// TestPlaces: an error's types, or who met it, tell which part it is of.
func TestPlaces(t *testing.T) {
	d := &fault.Desk{List: "/backups/destructions"}
	for want, err := range map[fault.Area]error{
		fault.Log:   fmt.Errorf("reading: %w", &eventstore.CorruptError{File: "000007.sst"}),
		fault.Vault: fmt.Errorf("a key: %w", vault.ErrCorrupt),
		fault.Views: fault.In(fault.Views, errors.New("asking")),
		fault.Lists: &fs.PathError{Op: "open", Path: d.List, Err: fs.ErrNotExist},
	} {
		if where, known := d.AreaOf(err); !known || where != want {
			t.Errorf("%v is of %q", err, where)
		}
	}
	if where, known := d.AreaOf(errors.New("anything")); known || fault.In(fault.Views, nil) != nil {
		t.Errorf("anything is of %q", where)
	}
}

// TestNoFaultHidesAnother: what is met by more than one is logged at once for each, with its file, and from then on once in ten seconds for
// all, however many they are.
func TestNoFaultHidesAnother(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	b := fault.NewBook(slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now }, nil)
	meet := func(during, file string) {
		b.Note(fault.Met{Where: fault.Lists, Doing: during, Err: &fs.PathError{Op: "open", Path: file, Err: syscall.EISDIR}})
	}
	lines := func(within time.Duration) (n int) {
		log.Reset()
		for end := now.Add(within); now.Before(end); now = now.Add(time.Second) {
			meet("destroy_keys", "list.head")
			meet("delete_identifier", "list.head")
			meet("delete_identifier", "deadlines.db")
		}
		return strings.Count(log.String(), "msg=fault ")
	}
	if n := lines(10 * time.Second); n != 3 || !strings.Contains(log.String(), "file=list.head errno=EISDIR during=delete_identifier") ||
		!strings.Contains(log.String(), "file=deadlines.db errno=EISDIR during=delete_identifier") {
		t.Errorf("%d lines\n%s", n, log.String())
	}
	if n := lines(590 * time.Second); n != 59 {
		t.Errorf("%d lines while it lasts", n)
	}
	if n := lines(10 * time.Second); n != 3 {
		t.Errorf("%d lines ten minutes later\n%s", n, log.String())
	}
	log.Reset()
	for n := range 1000 {
		meet(fmt.Sprintf("work %d", n), "list.head")
	}
	if n := strings.Count(log.String(), "msg=fault "); n == 0 || n > 64 {
		t.Errorf("%d lines of a thousand", n)
	}
}
