package processes_test

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/internal/await"
	"accountledger/journal"
	"accountledger/pagesum"
	"accountledger/processes"
)

// filePage is the size of a page of the list's file, in bytes.
const filePage = 4096

// TestFlippedByte changes one bit on each page of the list's file: whatever it hits, the list is found empty, at the
// beginning of the log, and follows it again.
func TestFlippedByte(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deadlines.db")
	var said bytes.Buffer
	open := func() *processes.Processes {
		said.Reset()
		p, err := processes.Open(t.Context(), processes.Deps{Now: time.Now, Log: slog.New(slog.NewTextHandler(&said, nil)), Path: path})
		fatal(t, err)
		return p
	}
	const deadlines = 300
	page := pageOf(deadlines)
	p := open()
	fatal(t, p.Handle(t.Context(), page))
	fatal(t, p.Close())
	whole, err := os.ReadFile(path)
	fatal(t, err)
	if len(whole) < 5*filePage {
		t.Fatalf("the list has %d bytes", len(whole))
	}
	random := rand.New(rand.NewPCG(41, 42))
	for at := 0; at < len(whole); at += filePage {
		hurt := bytes.Clone(whole)
		hurt[at+random.IntN(filePage)] ^= 1 << random.IntN(8)
		fatal(t, os.WriteFile(path, hurt, 0o600))
		p := open()
		wantList(t, p, journal.Checkpoint{}, 0)
		if !strings.Contains(said.String(), "rebuilt") {
			t.Errorf("a bit flipped on the page at %d was not logged: %s", at, said.String())
		}
		fatal(t, p.Handle(t.Context(), page))
		fatal(t, p.Close())
		p = open()
		wantList(t, p, page.Checkpoint, deadlines)
		fatal(t, p.Close())
	}
	fatal(t, os.WriteFile(path, whole, 0o600))
	p = open() // the control
	wantList(t, p, page.Checkpoint, deadlines)
	fatal(t, p.Close())
	if said.Len() > 0 {
		t.Error(said.String())
	}
}

func wantList(t *testing.T, p *processes.Processes, at journal.Checkpoint, waiting int) {
	t.Helper()
	is, err := p.Checkpoint(t.Context())
	fatal(t, err)
	n, err := p.Waiting(t.Context())
	fatal(t, err)
	if is != at || n != waiting {
		t.Errorf("%d wait at %+v, wanted %d at %+v", n, is, waiting, at)
	}
}

// pageOf is a page of sign-ups.
func pageOf(n uint64) journal.Page {
	page := journal.Page{Checkpoint: journal.Checkpoint{Log: uuid.New(), Position: eventstore.NewPosition(n, n), Event: uuid.New()}}
	for i := range n {
		id := uuid.New()
		page.Records = append(page.Records, journal.Record{Position: eventstore.NewPosition(i+1, i+1), Fact: domain.Fact{
			ID: domain.EventID{UUID: uuid.New()}, Stream: "signup-" + id.String(), Event: domain.SignUpRequested{}, Metadata: domain.Metadata{At: time.Now()}}})
	}
	return page
}

// TestDamageWhileItRuns damages the list under running processes: they make it again from the log by themselves, and
// settle what they would have settled.
func TestDamageWhileItRuns(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	up, _ := l.signUp("ada@example.com")
	r := l.start()
	r.follow()
	before, err := r.p.Checkpoint(t.Context())
	fatal(t, err)
	spoil(t, l.path)
	if n, err := r.p.Waiting(t.Context()); !pagesum.Damaged(err) {
		t.Fatalf("%d wait, and the damage was not met: %v", n, err)
	}
	await.Until(t, "the list is rebuilt", func() bool {
		n, err := r.p.Waiting(t.Context())
		at, failed := r.p.Checkpoint(t.Context())
		return err == nil && failed == nil && n == 1 && at == before
	})
	l.clock.Add(domain.SignUpLifetime + time.Second)
	late, _ := l.signUp("late@example.com") // whose page wakes the clock
	await.Until(t, "pages are taken again", func() bool {
		at, err := r.p.Checkpoint(t.Context())
		fatal(t, err)
		page, err := l.journal.ReadAll(t.Context(), at, 100)
		fatal(t, err)
		return page.Checkpoint == at || r.p.Handle(t.Context(), page) == nil
	})
	await.Until(t, "the lapse", func() bool { return l.lapsed(up.Verification) })
	if l.lapsed(late.Verification) {
		t.Error("it lapsed before its time")
	}
}

// spoil changes a byte on every page but the first while the list is open, and makes its owner read the file again.
func spoil(t *testing.T, path string) {
	t.Helper()
	vfs, err := pagesum.VFS()
	fatal(t, err)
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&vfs="+vfs)
	fatal(t, err)
	db.SetMaxOpenConns(1)
	defer func() { fatal(t, db.Close()) }()
	exec := func(statement string) {
		_, err := db.ExecContext(context.WithoutCancel(t.Context()), statement)
		fatal(t, err)
	}
	exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
	exec(`PRAGMA application_id = 7`) // which stores the first page alone
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	fatal(t, err)
	info, err := f.Stat()
	fatal(t, err)
	for at := int64(filePage); at < info.Size(); at += filePage {
		_, err := f.WriteAt([]byte{0x55, 0xaa}, at+1)
		fatal(t, err)
	}
	fatal(t, f.Close())
}
