package notify_test

import (
	"strings"
	"testing"

	"accountledger/domain"
	"accountledger/notify"
	"accountledger/notify/smtp/smtptest"
)

// Alerts to an address whose server is down for hours, more than there are places for messages, keep no code from going out.
func TestAlertsDelayNoCodes(t *testing.T) {
	h := newHouse(t)
	s := smtptest.Start(t, smtptest.Options{TLS: true, Data: func(m smtptest.Message) error {
		if m.To == "ada@example.com" && strings.Contains(m.Parts(t)["text/plain"], "device was linked") {
			return smtptest.Refusal(451, "later")
		}
		return nil
	}})
	h.start(h.smtp(s), func(o *notify.Options) { o.Pending = 1 })
	signUp := h.signUp("ada@example.com", "en")
	h.expect("guest succeeded")
	id := h.check(signUp, codeIn(t, s.Wait(t, 1)[0]))
	for range 3 {
		_, err := h.menu.LinkDevice(t.Context(), asked(id), domain.LinkDevice{Kind: "watch", Model: "Model 3", Name: "a watch"})
		h.ok(err)
	}
	h.signUp("eve@example.com", "en")
	for got := range h.results {
		if got == "guest succeeded" {
			break
		}
		if got != "alert retried" {
			t.Fatal(got)
		}
	}
}
