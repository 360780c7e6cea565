package notify_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// Who is over is told so, and nothing is sent; whose turn it is gets their message.
func TestWhatWasAcceptedIsSent(t *testing.T) {
	h := newHouse(t)
	b := h.mailbox()
	h.start(b, nil)
	for range 3 {
		h.signUp("canary@example.com", "en")
		h.expect("guest succeeded")
	}
	_, err := h.menu.SignUp(t.Context(), guest("signUp"), signUpOf("Canary@Example.com", "en")) // the same address
	var refused *domain.Error
	if !errors.As(err, &refused) || refused.Code != domain.ErrMessages.Code || refused.Retry < 1 || refused.Retry > 3600 {
		t.Errorf("over the limit: %v", err)
	}
	h.signUp("other@example.com", "en") // counts on its own
	h.expect("guest succeeded")
	elsewhere := guest("signUp")
	elsewhere.Client.Address = "198.51.100.1"
	_, err = h.menu.SignUp(t.Context(), elsewhere, signUpOf("canary@example.com", "en")) // the owner, from another network
	h.ok(err)
	h.expect("guest succeeded")
	if got := h.kept(); got != "canary canary canary other canary" {
		t.Errorf("sent to: %s", got)
	}
}

// account signs somebody up and proves it by the message in the mailbox.
func (h *house) account(email string, language domain.Language) domain.AccountID {
	h.Helper()
	b := h.mailbox()
	stop := h.start(b, nil)
	signedUp := h.signUp(email, language)
	h.expect("guest succeeded")
	stop(context.Background())
	all, err := b.List()
	h.ok(err)
	return h.check(signedUp, all[len(all)-1].Code)
}

// The owner of a taken address hears of each sign-up that is accepted, as the owner of a free one does, and the log does not tell
// the two apart.
func TestATakenAddressIsToldAsOftenAsAFreeOne(t *testing.T) {
	h := newHouse(t)
	account := h.account("Canary@example.com", "de")
	b := h.mailbox()
	h.start(b, nil)
	h.clock.add(24 * time.Hour)
	for _, email := range []string{"canary@EXAMPLE.com", "free@example.com", "cANARY@example.com", "FREE@example.com"} {
		h.signUp(email, "en")
		h.expect("guest succeeded")
	}
	h.wantDeliveries("guest, 1, succeeded", "guest, 1, succeeded", "guest, 1, succeeded", "guest, 1, succeeded", "guest, 1, succeeded")
	all, err := b.List()
	h.ok(err)
	told := 0
	for _, m := range all[1:] {
		if m.Account != account {
			continue
		}
		if told++; m.To != "Canary@example.com" || m.Language != "de" || m.Code != "" || m.Message != domain.MessageExists {
			t.Errorf("message of kind %s in %s for %s", m.Message, m.Language, m.Account)
		}
	}
	if told != 2 {
		t.Errorf("%d messages to the owner", told)
	}
	for _, r := range h.all() { // O2: nobody finds out whose address it is by asking for a message
		if kind, _, _ := strings.Cut(r.Stream, "-"); kind == "delivery" && !r.Subject.IsZero() {
			t.Errorf("a delivery at %s names %s", r.At, r.Subject)
		}
	}
}

func TestWhatIsKeptGoesWithThePerson(t *testing.T) {
	h := newHouse(t)
	account := h.account("canary@example.com", "en")
	b := h.mailbox()
	stop := h.start(b, nil)
	h.signUp("other@example.com", "en")
	h.expect("guest succeeded")
	unproven := h.signUp("third@example.com", "en")
	h.expect("guest succeeded")
	owner := commands.Request{Channel: domain.ChannelAPI, Operation: "requestErasure",
		Caller: domain.Caller{Actor: domain.Actor{Kind: domain.ActorPerson, ID: domain.ID[any](account)}, Account: account}}
	_, err := h.menu.RequestErasure(t.Context(), owner, commands.RequestErasure{})
	h.ok(err)
	system := commands.Request{Caller: domain.System(), Channel: domain.ChannelProcess, Operation: "settle"}
	_, err = h.menu.SettleErasure(t.Context(), system, commands.SettleErasure{Account: account})
	h.ok(err)
	h.signUp("fourth@example.com", "en") // once it is sent, what lies before was read
	h.expect("guest succeeded")
	if got := h.kept(); got != "other third fourth" {
		t.Errorf("kept: %s", got)
	}
	h.clock.add(domain.SignUpLifetime)
	_, err = h.menu.SettleVerification(t.Context(), system, commands.SettleVerification{ID: unproven.Verification})
	h.ok(err)
	h.signUp("fifth@example.com", "en")
	h.expect("guest succeeded")
	if got := h.kept(); got != "other fourth fifth" {
		t.Errorf("kept: %s", got)
	}
	stop(context.Background())
}

// kept lists whom the mailbox has messages for.
func (h *house) kept() string {
	h.Helper()
	all, err := h.mailbox().List()
	h.ok(err)
	names := make([]string, len(all))
	for i, m := range all {
		names[i], _, _ = strings.Cut(m.To, "@")
	}
	return strings.Join(names, " ")
}
