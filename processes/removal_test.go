package processes_test

import (
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// moves has a person go to another address, and gives the claim on the one before and the way to undo that.
func (l *ledger) moves(c domain.Caller, email string) (domain.ClaimID, commands.Undo) {
	l.t.Helper()
	ctx := l.t.Context()
	asked, err := l.menu.AddContact(ctx, l.as(c), commands.AddContact{Email: email})
	fatal(l.t, err)
	m, err := l.menu.Message(ctx, l.as(domain.System()), domain.MessageRequest{Verification: asked.Value.Verification, Issue: 1})
	fatal(l.t, err)
	_, err = l.menu.CheckCode(ctx, l.as(domain.Guest()), commands.CheckCode{Verification: asked.Value.Verification, Handle: asked.Value.Handle,
		Code: m.Value.Code})
	fatal(l.t, err)
	all, err := l.menu.ListContacts(ctx, l.as(c), struct{}{})
	fatal(l.t, err)
	_, err = l.menu.MakePrimary(ctx, l.as(c), commands.OwnContact{ID: all.Value[1].ID})
	fatal(l.t, err)
	_, err = l.menu.RemoveContact(ctx, l.as(c), commands.OwnContact{ID: all.Value[0].ID})
	fatal(l.t, err)
	for rec, err := range l.journal.ReadBack(ctx, domain.AccountStream(c.Account)) {
		fatal(l.t, err)
		told, _ := rec.Asks()
		m, err := l.menu.Message(ctx, l.as(domain.System()), told)
		fatal(l.t, err)
		return all.Value[0].ID, commands.Undo{Link: m.Value.Link, Code: m.Value.Code}
	}
	l.t.Fatal("nothing is there")
	return domain.ClaimID{}, commands.Undo{}
}

func TestARemovedContactIsLetGoWhenThatCannotBeUndone(t *testing.T) {
	l := newLedger(t)
	r := l.start()
	claim, _ := l.moves(l.account("goes@example.com"), "goes@example.net")
	kept, undo := l.moves(l.account("stays@example.com"), "stays@example.net")
	r.follow()
	l.clock.Add(domain.UndoLifetime - time.Hour)
	_, err := l.menu.Undo(t.Context(), l.as(domain.Guest()), undo)
	fatal(t, err)
	r.follow()
	if _, held := l.last(domain.IdentifierStream(claim)).(domain.IdentifierClaimed); !held {
		t.Fatal("it is let go before its time")
	}
	l.clock.Add(time.Hour + time.Second)
	r.stop()
	fatal(t, l.confirm(l.clock.Now())) // a week without a process that settles
	r = l.start()
	r.until("letting go", func() bool {
		_, retired := l.last(domain.IdentifierStream(claim)).(domain.IdentifierRetired)
		return retired
	})
	r.until("the end of the deadlines", func() bool { return r.waiting() == 0 })
	if _, held := l.last(domain.IdentifierStream(kept)).(domain.IdentifierClaimed); !held {
		t.Error("the one that was put back is let go")
	}
	l.account("goes@example.com") // free
}
