package notify_test

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/notify"
	"accountledger/notify/smtp/smtptest"
)

// Every address is told, in the person's language; one whose server is down keeps no other from it, and gets the message once it is up, also
// after a restart, which sends nothing twice.
func TestEveryAddressIsTold(t *testing.T) {
	h := newHouse(t)
	var up atomic.Bool
	s := smtptest.Start(t, smtptest.Options{TLS: true, Data: func(m smtptest.Message) error {
		if !up.Load() && m.To == "ada@example.com" && strings.Contains(m.Parts(t)["text/plain"], "Gerät") {
			return smtptest.Refusal(451, "later")
		}
		return nil
	}})
	stop := h.start(h.smtp(s), func(o *notify.Options) { o.Origin = func() string { return "https://accounts.vesta.test" } })
	ctx := t.Context()
	signUp := h.signUp("ada@example.com", "de")
	h.expect("guest succeeded")
	id := h.check(signUp, codeIn(t, s.Wait(t, 1)[0]))
	added, err := h.menu.AddContact(ctx, asked(id), commands.AddContact{Email: "ada@example.net"})
	h.ok(err)
	h.expect("own succeeded")
	h.check(commands.SignedUp(added.Value), codeIn(t, s.Wait(t, 2)[1]))
	h.expect("alert succeeded")
	_, err = h.menu.LinkDevice(ctx, asked(id), domain.LinkDevice{Kind: "watch", Model: "Model 3", Name: "Ada's watch"})
	h.ok(err)
	h.expect("alert retried", "alert succeeded")
	up.Store(true)
	for got := range h.results {
		if got == "alert succeeded" {
			break
		}
		if got != "alert retried" {
			t.Fatal(got)
		}
	}
	stop(ctx)
	h.start(h.smtp(s), nil)
	h.signUp("eve@example.com", "en")
	h.expect("guest succeeded")
	var to []string
	for _, m := range s.Taken()[3:5] {
		text := m.Parts(t)["text/plain"]
		if !strings.Contains(text, "wurde mit deinem Konto") || strings.Contains(text, "Ada") || strings.Contains(text, "Model") {
			t.Errorf("%s is told:\n%s", m.To, text)
		}
		if m.To == "ada@example.net" && !strings.Contains(text, "https://accounts.vesta.test/not-me#") {
			t.Errorf("no link:\n%s", text)
		}
		to = append(to, m.To)
	}
	if n := len(s.Taken()); n != 6 {
		t.Errorf("%d messages", n)
	}
	if slices.Sort(to); !slices.Equal(to, []string{"ada@example.com", "ada@example.net"}) {
		t.Errorf("told are %v", to)
	}
}
