package notify_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
)

// restore records that the log was put back to what it is now.
func (h *house) restore() {
	h.Helper()
	_, err := h.menu.RecordRestore(h.Context(), commands.Request{Caller: domain.Operator(1000), Channel: domain.ChannelConsole, Operation: "restore"},
		commands.RecordRestore{Restored: domain.LedgerRestored{Cause: domain.CauseBackup, From: domain.LogID{UUID: uuid.New()}, BackupAt: h.clock.Now(), Events: 1,
			List: domain.ListNone, UID: 1000}})
	h.ok(err)
}

// TestARestoreBetweenAdmissionAndDelivery: what the backup has asked for may have been sent before the restore, so it is not sent again: the
// log says so, its requester is told, and a new request is sent one code.
func TestARestoreBetweenAdmissionAndDelivery(t *testing.T) {
	for name, c := range map[string]struct {
		before     func(h *house) // the restore, after the request
		deliveries string
		kept       string
	}{
		"not attempted": {before: func(*house) {}, deliveries: "guest, expired", kept: "canary"},
		"attempted": {before: func(h *house) {
			s := &stuck{Mailbox: h.mailbox(), who: "canary", begun: make(chan struct{}, 10)}
			stop := h.start(s, nil)
			<-s.begun
			stop(cancelled())
		}, deliveries: "guest, 1, expired", kept: "canary"},
		"sent": {before: func(h *house) {
			stop := h.start(h.mailbox(), nil)
			h.expect("guest succeeded")
			stop(context.Background())
		}, deliveries: "guest, 1, succeeded", kept: "canary canary"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			n := h.open(h.mailbox(), nil)
			h.ok(n.Close(t.Context())) // its checkpoint is before the request
			at, err := os.ReadFile(filepath.Join(h.dir, "notify.checkpoint"))
			h.ok(err)
			s := h.signUp("canary@example.com", "en")
			c.before(h)
			h.ok(os.WriteFile(filepath.Join(h.dir, "notify.checkpoint"), at, 0o600))
			h.restore()
			h.start(h.mailbox(), nil)
			if name != "sent" {
				h.expect("guest expired")
			}

			_, err = h.menu.CheckCode(t.Context(), guest("checkCode"), commands.CheckCode{Verification: s.Verification, Handle: s.Handle, Code: "123456"})
			_, again := h.menu.Resend(t.Context(), guest("resend"), commands.Resend{Verification: s.Verification, Handle: s.Handle})
			if !errors.Is(err, domain.ErrEnded) || !errors.Is(again, domain.ErrEnded) {
				t.Errorf("its requester is told %v and %v", err, again)
			}
			h.clock.add(2 * time.Minute)
			second := h.signUp("canary@example.com", "en")
			h.expect("guest succeeded")
			h.wantDeliveries(c.deliveries, "guest, 1, succeeded")
			if got := h.kept(); got != c.kept {
				t.Errorf("sent to: %s", got)
			}
			all, err := h.mailbox().List()
			h.ok(err)
			h.check(second, all[len(all)-1].Code)
		})
	}
}
