package processes_test

import (
	"log/slog"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/processes"
)

// TestOverdue: what nobody settles in time is counted by kind, once there was time enough to settle it.
func TestOverdue(t *testing.T) {
	l := newLedger(t)
	_, err := l.menu.RequestErasure(t.Context(), l.as(l.account("goes@example.com")), commands.RequestErasure{})
	fatal(t, err)
	p, err := processes.Open(t.Context(), processes.Deps{Journal: l.journal, Menu: l.menu, Now: l.clock.Now, Log: slog.New(slog.DiscardHandler), Path: l.path})
	fatal(t, err)
	t.Cleanup(func() { _ = p.Close() })
	(&running{l: l, p: p}).follow()
	for _, step := range []struct {
		later    time.Duration
		erasures int
	}{{12 * 24 * time.Hour, 0}, {24*time.Hour + time.Second, 0}, {2 * time.Minute, 1}} {
		l.clock.Add(step.later)
		n, err := p.Overdue(t.Context())
		fatal(t, err)
		if _, there := n["device"]; !there || n["erasure"] != step.erasures {
			t.Errorf("%s later: %v", step.later, n)
		}
	}
}
