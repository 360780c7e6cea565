package notify_test

import (
	"strings"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/notify"
	"accountledger/notify/smtp/smtptest"
)

// asked is a request by an account's owner.
func asked(id domain.AccountID) commands.Request {
	return commands.Request{Caller: domain.Caller{Actor: domain.Actor{Kind: domain.ActorPerson, ID: domain.ID[any](id)}, Account: id, Level: domain.LevelOne},
		Channel: domain.ChannelAPI, Operation: "change"}
}

// moves has somebody sign up and go from one address to another.
func (h *house) moves(s *smtptest.Server, from, to string) domain.AccountID {
	h.Helper()
	ctx := h.Context()
	up := h.signUp(from, "de")
	h.expect("guest succeeded")
	id := h.check(up, codeIn(h.T, s.Wait(h.T, 1)[0]))
	added, err := h.menu.AddContact(ctx, asked(id), commands.AddContact{Email: to})
	h.ok(err)
	h.expect("own succeeded")
	h.check(commands.SignedUp(added.Value), codeIn(h.T, s.Wait(h.T, 2)[1]))
	h.expect("alert succeeded") // that there is another address
	all, err := h.menu.ListContacts(ctx, asked(id), struct{}{})
	h.ok(err)
	_, err = h.menu.MakePrimary(ctx, asked(id), commands.OwnContact{ID: all.Value[1].ID})
	h.ok(err)
	h.expect("alert succeeded")
	_, err = h.menu.RemoveContact(ctx, asked(id), commands.OwnContact{ID: all.Value[0].ID})
	h.ok(err)
	return id
}

// Whoever reads the old mailbox hears of the removal, however long the mail server was down, and what they read is enough to undo it.
func TestARemovedAddressHearsOfIt(t *testing.T) {
	h := newHouse(t)
	failing := 0
	s := smtptest.Start(t, smtptest.Options{TLS: true, Data: func(m smtptest.Message) error {
		if m.To == "Canary@example.com" && strings.Contains(m.Parts(t)["text/plain"], "entfernt") && failing < 20 {
			failing++
			return smtptest.Refusal(451, "later")
		}
		return nil
	}})
	h.start(h.smtp(s), func(o *notify.Options) { o.Origin = func() string { return "https://accounts.vesta.test" } })
	began := h.clock.Now()
	id := h.moves(s, "Canary@example.com", "canary@example.net")
	h.expect("alert retried", "alert succeeded") // the other address is told beside it
	for range 19 {
		h.expect("alert retried")
	}
	h.expect("alert succeeded")
	if waited := h.clock.Now().Sub(began); waited < 2*time.Hour {
		t.Errorf("it was tried for %s", waited)
	}
	all := s.Taken()
	m := all[len(all)-1]
	text := m.Parts(t)["text/plain"]
	_, link, found := strings.Cut(text, "https://accounts.vesta.test/undo#")
	link, _, _ = strings.Cut(link, "\n")
	if m.To != "Canary@example.com" || !found {
		t.Fatalf("to %s:\n%s", m.To, text)
	}
	_, err := h.menu.Undo(t.Context(), guest("undo"), commands.Undo{Link: commands.LinkToken(strings.TrimSpace(link)), Code: codeIn(t, m)})
	h.ok(err)
	h.expect("alert succeeded") // to the other address
	if m := s.Taken()[len(all)]; m.To != "canary@example.net" {
		t.Errorf("to %s", m.To)
	}
	me, err := h.menu.Me(t.Context(), asked(id), struct{}{})
	h.ok(err)
	if me.Value.Email != "Canary@example.com" {
		t.Error("the address is not back")
	}
}

// Without an origin the message has the bare token. What tells of an undo comes to nothing if nobody sent it for a week.
func TestANoticeThatIsTooLate(t *testing.T) {
	h := newHouse(t)
	s := smtptest.Start(t, smtptest.Options{TLS: true})
	stop := h.start(h.smtp(s), nil)
	h.moves(s, "Canary@example.com", "canary@example.net")
	h.expect("alert succeeded", "alert succeeded")
	link, code := s.Taken()[4].Parts(t)["text/plain"], codeIn(t, s.Taken()[4])
	stop(t.Context())
	for _, line := range strings.Split(link, "\n") {
		if line = strings.TrimSpace(line); len(line) == 96 && !strings.Contains(line, " ") {
			link = line
		}
	}
	h.clock.add(domain.GuardLifetime / 2)
	_, err := h.menu.Undo(t.Context(), guest("undo"), commands.Undo{Link: commands.LinkToken(link), Code: code})
	h.ok(err)
	h.clock.add(domain.UndoLifetime)
	h.start(h.smtp(s), nil)
	h.expect("alert expired")
}
