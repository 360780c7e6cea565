package processes_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"accountledger/domain"
	"accountledger/leases"
	"accountledger/leases/local"
	"accountledger/processes"
)

// share starts one more process with a list of its own.
func (l *ledger) share(server leases.Server) *running {
	l.t.Helper()
	k := leases.New(server, leases.Options{TTL: 500 * time.Millisecond})
	p, err := processes.Open(l.t.Context(),
		processes.Deps{Journal: l.journal, Menu: l.menu, Now: l.clock.Now, Monotonic: l.clock.Monotonic, Log: slog.New(slog.DiscardHandler),
			Path: filepath.Join(l.t.TempDir(), "deadlines.db"), Leases: k, Tell: 10 * time.Millisecond})
	fatal(l.t, err)
	ctx, cancel := context.WithCancel(l.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	r := &running{l: l, p: p}
	r.stop = sync.OnceFunc(func() {
		cancel()
		fatal(l.t, <-ended)
		fatal(l.t, p.Close())
		fatal(l.t, k.Close())
	})
	l.t.Cleanup(r.stop)
	return r
}

func (l *ledger) lapsed(id domain.VerificationID) bool {
	_, ok := l.last(domain.SignUpStream(domain.SignUpID(id))).(domain.SignUpLapsed)
	return ok
}

// Only one process settles; the other keeps its list, takes out what was settled, and goes on when the first is gone.
func TestOneOfTwoSettles(t *testing.T) {
	l := newLedger(t)
	server := local.New()
	first := l.share(server)
	k := leases.New(server, leases.Options{})
	t.Cleanup(func() { fatal(t, k.Close()) })
	first.until("the first one settles", func() bool {
		table, err := k.Look(t.Context())
		fatal(t, err)
		row, _ := table.Find(processes.LeaseName)
		return row.Holder != ""
	})
	second := l.share(server)

	up, _ := l.signUp("ada@example.com")
	second.follow()
	if n, err := second.p.Waiting(t.Context()); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	l.clock.Add(24*time.Hour + time.Second)
	second.follow()
	if l.lapsed(up.Verification) {
		t.Fatal("who does not hold the lease settled")
	}
	first.follow()
	first.until("the lapse", func() bool { return l.lapsed(up.Verification) })
	// The place that is told lies before the last event, so one more has to come for the list to be empty.
	l.signUp("later@example.com")
	second.until("the second one's list has no more than what waits", func() bool {
		first.follow()
		return first.waiting() == 1 && second.waiting() == 1
	})

	first.stop()
	up, _ = l.signUp("bea@example.com")
	second.follow()
	l.clock.Add(24*time.Hour + time.Second)
	second.until("the second one settles", func() bool { l.clock.Add(time.Second); return l.lapsed(up.Verification) })
}
