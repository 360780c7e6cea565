package server_test

import (
	"strconv"
	"strings"
	"testing"

	"accountledger/commands"
)

// head is the position of the end of the log.
func (r *running) head() int {
	r.t.Helper()
	st, _ := r.faultsOf("log")
	n, err := strconv.Atoi(st.Log.Head)
	fatal(r.t, err)
	return n
}

// TestTheHeadDoesNotTell: a sign-up by a taken address and the message to its owner leave as many events as one by a free address, the
// first time and later; over the limit neither leaves any, and the metrics count both alike, without addresses.
func TestTheHeadDoesNotTell(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	r := start(t, cfg)
	r.join(mail, "ada@example.com", "Ada's band") // uses the first of her three messages
	r.want(202, "POST", "/v1/sign-ups", "", signUpBob)
	signUpAda := strings.Replace(signUpBob, "bob@", "ada@", 1)
	const events = 4 // admitted, requested, attempted, succeeded
	eventually(t, "both messages are recorded", func() bool { return r.metric(`accountledger_messages_total{class="guest",result="succeeded"}`) == "2" })
	from := r.head()
	for n, body := range []string{signUpBob, signUpAda, signUpBob, signUpAda} {
		r.want(202, "POST", "/v1/sign-ups", "", body)
		eventually(t, "the message is recorded", func() bool {
			return r.metric(`accountledger_messages_total{class="guest",result="succeeded"}`) == strconv.Itoa(3+n)
		})
		if got := r.head() - from; got != events*(n+1) {
			t.Errorf("after %d sign-ups %d events", n+1, got)
		}
	}
	from = r.head()
	for _, body := range []string{signUpBob, signUpAda} {
		if a := r.want(429, "POST", "/v1/sign-ups", "", body); a.header.Get("Retry-After") == "" {
			t.Error("not said when to try again")
		}
	}
	if got := r.head(); got != from {
		t.Errorf("%d events of what was refused", got-from)
	}
	if got := r.metric(`accountledger_messages_limited_total{class="guest"}`); got != "2" {
		t.Errorf("the metric is %q", got)
	}
	for range commands.DefaultLimits().SignIns.Events {
		r.want(401, "POST", "/v1/sessions", "", `{"email":"ada@example.com","password":"not the right one"}`)
	}
	r.want(429, "POST", "/v1/sessions", "", `{"email":"ada@example.com","password":"not the right one"}`)
	refused := r.metric(`accountledger_attempts_total{attempt="sign_in",limited="false"}`)
	kept := r.metric(`accountledger_attempts_total{attempt="sign_in",limited="true"}`)
	if refused != strconv.Itoa(commands.DefaultLimits().SignIns.Events) || kept != "1" {
		t.Errorf("%s refused, %s kept from being made", refused, kept)
	}
}
