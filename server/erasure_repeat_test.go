package server_test

import (
	"testing"

	"github.com/google/uuid"

	"accountledger/server"
)

// Row T16, on the server: a request with no grace whose answer was lost is repeated under its key, after the erasure has
// ended the session, and gets the answer of the first time. Nothing else opens by that token, or by that key.
func TestARequestThatErasedIsRepeated(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t) // with no grace
	r := startWith(t, cfg, server.Options{})
	ada, eve := r.join(mail, "ada@people.test", "Ada's band"), r.join(mail, "eve@people.test", "Eve's band")
	key := uuid.NewString()
	first := r.want(202, "POST", "/v1/erasures", ada.token, "", "Idempotency-Key", key)
	id := first.str(t, "id")
	eventually(t, "the erasure", func() bool { return r.erasure(id) == "completed" })

	stranger := r.want(401, "POST", "/v1/erasures", "alp_nobody", "", "Idempotency-Key", key)
	alike := func(name string, a answer) {
		t.Helper()
		if a.status != 401 || a.body != stranger.body || a.header.Get("Ledger-Position") != "" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	for range 2 {
		again := r.want(202, "POST", "/v1/erasures", ada.token, "", "Idempotency-Key", key)
		if again.body != first.body || again.header.Get("Ledger-Position") == "" {
			t.Errorf("another answer: %s, first %s", again.body, first.body)
		}
		alike("without the key", r.send("POST", "/v1/erasures", ada.token, ""))
		alike("another key", r.send("POST", "/v1/erasures", ada.token, "", "Idempotency-Key", uuid.NewString()))
		alike("a bad key", r.send("POST", "/v1/erasures", ada.token, "", "Idempotency-Key", "with a space"))
		alike("nobody", r.send("POST", "/v1/erasures", "", "", "Idempotency-Key", key))
	}
	for _, route := range [][3]string{{"GET", "/v1/me"}, {"GET", "/v1/sessions"}, {"DELETE", "/v1/erasures/" + id},
		{"POST", "/v1/me/devices", `{"kind":"watch","model":"W2","name":"x"}`}} {
		if a := r.send(route[0], route[1], ada.token, route[2], "Idempotency-Key", key); a.status != 401 {
			t.Errorf("%s %s: %d %s", route[0], route[1], a.status, a.body)
		}
	}
	// In another's hands the key is another's: it asks for an erasure of their own.
	if other := r.want(202, "POST", "/v1/erasures", eve.token, "", "Idempotency-Key", key); other.str(t, "id") == id {
		t.Error("another's erasure")
	}
}
