package processes_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/faults/disk"
	"accountledger/internal/await"
	"accountledger/journal"
	"accountledger/processes"
)

// fillable opens a list that is filled a few events at a time, one transaction after the other.
func (l *ledger) fillable(dir string) *processes.Processes {
	l.t.Helper()
	p, err := processes.Open(l.t.Context(), processes.Deps{Journal: l.journal, Menu: l.menu, Now: l.clock.Now, Monotonic: l.clock.Monotonic,
		Log: slog.New(slog.DiscardHandler), Path: filepath.Join(dir, "deadlines.db"), FillEvents: 3})
	fatal(l.t, err)
	return p
}

// waits makes people whose deadlines wait, were kept and were called off.
func (l *ledger) waits() (unproven []domain.SignUpID, goes domain.AccountID) {
	l.t.Helper()
	for n := range 4 {
		up, _ := l.signUp(fmt.Sprintf("unproven%d@example.com", n))
		unproven = append(unproven, up.Verification)
		l.account(fmt.Sprintf("proven%d@example.com", n))
	}
	first, second := l.account("goes@example.com"), l.account("stays@example.com")
	for _, c := range []domain.Caller{first, second} {
		device, err := l.menu.LinkDevice(l.t.Context(), l.as(c), domain.LinkDevice{Kind: "watch", Model: "3", Name: "mine"})
		fatal(l.t, err)
		_, err = l.menu.UnlinkDevice(l.t.Context(), l.as(c), commands.UnlinkDevice{ID: device.Value.ID})
		fatal(l.t, err)
		_, err = l.menu.RequestErasure(l.t.Context(), l.as(c), commands.RequestErasure{})
		fatal(l.t, err)
	}
	second.Closing = true
	me, err := l.menu.Me(l.t.Context(), l.as(second), struct{}{})
	fatal(l.t, err)
	_, err = l.menu.CancelErasure(l.t.Context(), l.as(second), commands.Erasure{ID: me.Value.Erasure.ID})
	fatal(l.t, err)
	return unproven, first.Account
}

// lists follows the log event by event and gives the list as each of them leaves it, by position.
func (l *ledger) lists() map[journal.Position][]string {
	l.t.Helper()
	dir := l.t.TempDir()
	p := l.fillable(dir)
	page, err := l.journal.ReadAll(l.t.Context(), journal.Checkpoint{}, 10_000)
	fatal(l.t, err)
	out := map[journal.Position][]string{{}: nil}
	for i := range page.Records {
		one := page
		one.Records = page.Records[i : i+1]
		fatal(l.t, p.Handle(l.t.Context(), one))
		out[page.Records[i].Position] = rowsOf(l.t, filepath.Join(dir, "deadlines.db"))
	}
	fatal(l.t, p.Close())
	return out
}

// TestKilledWhileTheListIsFilled: whatever the death of the process left of a list that was being filled is the list of an earlier
// place in the log, and filled again it comes to the same end as one that was never cut off.
func TestKilledWhileTheListIsFilled(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.waits()
	lists := l.lists()
	head, err := l.journal.Head(t.Context())
	fatal(t, err)
	images := l.killedWhileFilled()
	within := map[journal.Position]bool{}
	for n, dir := range images {
		p := l.fillable(dir)
		at, err := p.Checkpoint(t.Context())
		fatal(t, err)
		if at != (journal.Checkpoint{}) && at != head {
			within[at.Position] = true
		}
		path := filepath.Join(dir, "deadlines.db")
		if rows := rowsOf(t, path); !slices.Equal(rows, lists[at.Position]) {
			t.Fatalf("death %d left at %s\n%s\nwant\n%s", n, at.Position, strings.Join(rows, "\n"), strings.Join(lists[at.Position], "\n"))
		}
		end, err := p.Consumer().Checkpoint(t.Context())
		fatal(t, err)
		if rows := rowsOf(t, path); end != head || !slices.Equal(rows, lists[head.Position]) {
			t.Fatalf("after death %d, at %s, it was filled to %s\n%s\nwant\n%s", n, at.Position, end.Position,
				strings.Join(rows, "\n"), strings.Join(lists[head.Position], "\n"))
		}
		fatal(t, p.Close())
	}
	if len(within) < 5 {
		t.Errorf("it died within the filling at %d places only", len(within))
	}
}

// killedWhileFilled fills a list and gives what the death of the process at every few operations leaves of it.
func (l *ledger) killedWhileFilled() (images []string) {
	l.t.Helper()
	d := disk.Under(l.t, l.t.TempDir())
	p := l.fillable(d.Dir())
	d.Watch(func(op int) {
		if op%5 == 0 {
			images = append(images, filepath.Join(l.t.TempDir(), "killed"))
			fatal(l.t, os.CopyFS(images[len(images)-1], os.DirFS(d.Dir())))
		}
	})
	_, err := p.Consumer().Checkpoint(l.t.Context())
	fatal(l.t, err)
	d.Watch(nil)
	fatal(l.t, p.Close())
	return images
}

// TestSettledOnceAfterDeathsWhileTheListIsFilled starts from every such image, on one log: what must be finished is finished meanwhile,
// what is due waits for the whole list, and then everything due is settled once, and nothing else.
func TestSettledOnceAfterDeathsWhileTheListIsFilled(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	unproven, goes := l.waits()
	l.clock.Add(15 * day)
	fatal(t, l.confirm(l.clock.Now()))
	var last string
	for _, dir := range l.killedWhileFilled() {
		p := l.fillable(dir)
		at, err := p.Checkpoint(t.Context())
		fatal(t, err)
		if head, err := l.journal.Head(t.Context()); err != nil || at == head {
			fatal(t, errors.Join(err, p.Close()))
			continue // it died when all was written
		}
		last = dir
		l.runUntil(p, "what was begun is finished", func() bool {
			l.clock.Add(time.Second)
			return !slices.ContainsFunc(rowsOf(t, filepath.Join(dir, "deadlines.db")), func(row string) bool { return strings.Contains(row, "soon 1") })
		})
		if ends := l.settled(); len(ends) > 0 {
			t.Fatalf("settled from a list that ends at %s: %v", at.Position, ends)
		}
	}
	p := l.fillable(last)
	_, err := p.Consumer().Checkpoint(t.Context())
	fatal(t, err)
	r := &running{l: l, p: p}
	l.runUntil(p, "everything is settled", func() bool { r.follow(); return r.waiting() == 0 })
	want := map[string]int{domain.AccountStream(goes) + " erasure.started.v1": 1, domain.AccountStream(goes) + " erasure.completed.v1": 1}
	for _, id := range unproven {
		want[domain.SignUpStream(id)+" sign_up.lapsed.v1"] = 1
	}
	if ends := l.settled(); !maps.Equal(ends, want) {
		t.Errorf("settled was %v, want %v", ends, want)
	}
}

// runUntil has a process settle until something is done, and closes it.
func (l *ledger) runUntil(p *processes.Processes, what string, done func() bool) {
	l.t.Helper()
	ctx, cancel := context.WithCancel(l.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	await.Until(l.t, what, done)
	cancel()
	fatal(l.t, <-ended)
	fatal(l.t, p.Close())
}

// settled counts what was settled by time, by stream and type.
func (l *ledger) settled() map[string]int {
	l.t.Helper()
	page, err := l.journal.ReadAll(l.t.Context(), journal.Checkpoint{}, 10_000)
	fatal(l.t, err)
	ends := map[string]int{}
	for _, r := range page.Records {
		switch r.Event.(type) {
		case domain.SignUpLapsed, domain.ErasureStarted, domain.ErasureCompleted:
			ends[r.Stream+" "+r.Type]++
		}
	}
	return ends
}
