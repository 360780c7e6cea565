package notify_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

func TestFiveAnHourTwentyADay(t *testing.T) {
	h := newHouse(t)
	b := h.mailbox()
	h.start(b, nil)
	for hour := range 4 {
		for range 5 {
			h.signUp("canary@example.com", "en")
			h.expect("code succeeded")
		}
		h.signUp("Canary@Example.com", "en") // the same address
		h.expect("code limited")
		if hour == 0 {
			h.signUp("other@example.com", "en") // counts on its own
			h.expect("code succeeded")
		}
		h.clock.add(time.Hour)
	}
	h.signUp("canary@example.com", "en")
	h.expect("code limited")
	h.clock.add(11 * time.Hour) // the next day
	h.signUp("canary@example.com", "en")
	h.expect("code succeeded")
	all, err := b.List()
	h.ok(err)
	if len(all) != 22 {
		t.Errorf("%d messages", len(all))
	}
}

// Messages to one address that are begun at the same time count each other.
func TestLimitsHoldAtOnce(t *testing.T) {
	h := newHouse(t)
	b := h.mailbox()
	n := h.open(b, nil)
	for range 30 {
		h.signUp("canary@example.com", "en")
	}
	h.run(n)
	count := map[string]int{}
	for range 30 {
		select {
		case r := <-h.results:
			count[r]++
		case <-time.After(patience):
			t.Fatalf("results so far: %v", count)
		}
	}
	if count["code succeeded"] != 5 || count["code limited"] != 25 {
		t.Errorf("results %v", count)
	}
	all, err := b.List()
	h.ok(err)
	codes := map[string]bool{}
	for _, m := range all {
		codes[m.Code] = true
	}
	if len(all) != 5 || len(codes) != 5 {
		t.Errorf("%d messages with %d codes", len(all), len(codes))
	}
}

// account signs somebody up and proves it by the message in the mailbox.
func (h *house) account(email string, language domain.Language) domain.AccountID {
	h.Helper()
	b := h.mailbox()
	stop := h.start(b, nil)
	signedUp := h.signUp(email, language)
	h.expect("code succeeded")
	stop(context.Background())
	all, err := b.List()
	h.ok(err)
	return h.check(signedUp, all[len(all)-1].Code)
}

func TestATakenAddressIsToldOnceADay(t *testing.T) {
	h := newHouse(t)
	account := h.account("Canary@example.com", "de")
	b := h.mailbox()
	h.start(b, nil)
	h.signUp("canary@EXAMPLE.com", "en")
	h.expect("you_have_it succeeded")
	h.signUp("cANARY@example.com", "en")
	h.expect("you_have_it sent_already")
	h.clock.add(24 * time.Hour)
	h.signUp("canary@example.com", "en")
	h.expect("you_have_it succeeded")
	h.wantDeliveries("code de 1, succeeded", "you_have_it de 1, succeeded", "you_have_it de 1, succeeded")
	all, err := b.List()
	h.ok(err)
	for _, m := range all[1:] {
		if m.To != "Canary@example.com" || m.Language != "de" || m.Code != "" || m.Account != account || m.Message != domain.MessageExists {
			t.Errorf("message of kind %s in %s for %s", m.Message, m.Language, m.Account)
		}
	}
	for _, r := range h.all() { // O2: nobody finds out whose address it is by asking for the message
		if kind, _, _ := strings.Cut(r.Stream, "-"); kind == "delivery" && r.Version == 0 {
			if told := r.Event.(domain.DeliveryAttempted).Message == domain.MessageExists; told != r.Subject.IsZero() {
				t.Errorf("a delivery at %s names %s", r.At, r.Subject)
			}
		}
	}
}

func TestWhatIsKeptGoesWithThePerson(t *testing.T) {
	h := newHouse(t)
	account := h.account("canary@example.com", "en")
	b := h.mailbox()
	stop := h.start(b, nil)
	h.signUp("other@example.com", "en")
	h.expect("code succeeded")
	unproven := h.signUp("third@example.com", "en")
	h.expect("code succeeded")
	owner := commands.Request{Channel: domain.ChannelAPI, Operation: "requestErasure",
		Caller: domain.Caller{Actor: domain.Actor{Kind: domain.ActorPerson, ID: domain.ID[any](account)}, Account: account}}
	_, err := h.menu.RequestErasure(t.Context(), owner, commands.RequestErasure{})
	h.ok(err)
	system := commands.Request{Caller: domain.System(), Channel: domain.ChannelProcess, Operation: "settle"}
	_, err = h.menu.SettleErasure(t.Context(), system, commands.SettleErasure{Account: account})
	h.ok(err)
	h.signUp("fourth@example.com", "en") // once it is sent, what lies before was read
	h.expect("code succeeded")
	if got := h.kept(); got != "other third fourth" {
		t.Errorf("kept: %s", got)
	}
	h.clock.add(domain.SignUpLifetime)
	_, err = h.menu.SettleVerification(t.Context(), system, commands.SettleVerification{ID: unproven.Verification})
	h.ok(err)
	h.signUp("fifth@example.com", "en")
	h.expect("code succeeded")
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
