package api_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
)

// comparing is a filter of one comparison.
func comparing(field, value string) string {
	return fmt.Sprintf(`{"field": %q, "op": "eq", "value": %q}`, field, value)
}

// asked lets a service ask whether it may use somebody's data, and gives the record.
func asked(l *ledger, key string, p person) string {
	l.t.Helper()
	question := fmt.Sprintf(`{"account": %q, "permission": "location", "purpose": "navigation"}`, p.account)
	return l.want(200, "POST", "/v1/decisions", key, question).str(l.t, "decision")
}

// looksOf are the kinds of looks that somebody sees, the newest first.
func (l *ledger) looksOf(p person) (kinds []string) {
	l.t.Helper()
	r := l.want(200, "GET", "/v1/me/accesses", p.token, "")
	list, _ := r.get(l.t, "accesses").([]any)
	for i := range list {
		kinds = append(kinds, r.str(l.t, "accesses", i, "kind"))
	}
	return kinds
}

// TestNamingSomebodyIsALook: whatever id names somebody, and wherever it stands in the filter, without a reason nothing is answered and nothing
// recorded, and with one the person sees it and nobody else does.
func TestNamingSomebodyIsALook(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna, ben := l.person("anna@example.com"), l.person("ben@example.com")
	l.grant(anna)
	device := l.device(anna, "Anna's")
	key := l.service("maps")
	decided := asked(l, key, anna)
	officer := l.officer("compliance@example.org", domain.RoleCompliance)
	event := l.want(200, "POST", "/v1/views/permissions/query", officer, `{}`).str(t, "documents", 0, "event")
	mine := comparing("account", anna.account)
	for view, filters := range map[string][]string{
		"accounts":    {comparing("id", anna.account)},
		"permissions": {mine, comparing("id", anna.account+"/location/navigation"), comparing("event", event)},
		"devices": {mine, comparing("id", device), fmt.Sprintf(`{"field": "account", "op": "in", "values": [%q]}`, anna.account),
			`{"not": ` + mine + `}`, `{"any": [` + mine + `, ` + comparing("kind", "nothing is") + `]}`,
			`{"all": [{"any": [{"not": {"not": ` + comparing("id", device) + `}}]}, ` + comparing("region", "DE") + `]}`},
		"sign_ins": {mine, comparing("id", anna.session)},
		"accesses": {comparing("subject", anna.account), comparing("id", decided), comparing("grant", event)},
		"activity": {comparing("subject", anna.account), comparing("actor", anna.account), comparing("id", event)},
	} {
		for _, filter := range filters {
			path, before := "/v1/views/"+view+"/query", len(l.looksOf(anna))
			r := l.want(422, "POST", path, officer, `{"filter": `+filter+`, "with_total": true}`)
			if r.str(t, "code") != "invalid_purpose" || r.str(t, "field") != "/purpose" || strings.Contains(r.text, "total") {
				t.Errorf("%s %s without a reason: %s", view, filter, r.text)
			}
			r = l.want(422, "POST", path, officer, `{"filter": `+filter+`, "purpose": "audit"}`)
			if r.str(t, "code") != "invalid_case" || r.str(t, "field") != "/case" || len(l.looksOf(anna)) != before {
				t.Errorf("%s %s without a case: %s", view, filter, r.text)
			}
			l.want(200, "POST", path, officer, `{"filter": `+filter+`, `+why+`, "group": {"by": ["region"]}}`)
			seen := l.want(200, "GET", "/v1/me/accesses", anna.token, "")
			if len(l.looksOf(anna)) != before+1 || seen.str(t, "accesses", 0, "kind") != "queried" || seen.str(t, "accesses", 0, "purpose") != "subject_request" ||
				seen.str(t, "accesses", 0, "by", "kind") != "staff" || seen.str(t, "accesses", 0, "view") != view || strings.Contains(seen.text, "DSR-2026-0042") {
				t.Errorf("%s %s: %s", view, filter, seen.text)
			}
		}
	}
	if looks := l.looksOf(ben); len(looks) > 0 {
		t.Errorf("somebody who was not named: %v", looks)
	}
}

// TestNamingNobodyIsNoLook: a query by anything else than who somebody is needs no reason, whatever it finds.
func TestNamingNobodyIsNoLook(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna := l.person("anna@example.com")
	l.device(anna, "Anna's")
	officer := l.officer("compliance@example.org", domain.RoleCompliance)
	for _, q := range []string{`devices {"filter": {"field": "account", "op": "exists"}}`, `devices {"filter": {"field": "kind", "op": "eq", "value": "phone"}}`,
		`activity {"filter": {"field": "type", "op": "eq", "value": "device.linked"}, "words": "phone"}`, `accounts {"sort": [{"field": "id"}], "limit": 1}`,
		`devices {"group": {"by": ["account"]}}`, `accesses {"filter": ` + comparing("actor", noID) + `}`} {
		view, body, _ := strings.Cut(q, " ")
		l.want(200, "POST", "/v1/views/"+view+"/query", officer, body)
	}
	if looks := l.looksOf(anna); len(looks) > 0 {
		t.Errorf("looks: %v", looks)
	}
	l.want(200, "POST", "/v1/views/devices/query", officer, `{`+why+`}`) // a reason may be given
	r := l.want(200, "POST", "/v1/views/accesses/query", officer, `{"filter": {"field": "case", "op": "eq", "value": "DSR-2026-0042"}}`)
	if r.str(t, "documents", 0, "purpose") != "subject_request" || r.get(t, "documents", 0, "subject") != nil {
		t.Error(r.text)
	}
}

// TestNamingIsBounded: each of several people sees it; too many, what is no id, and an order of ids are refused.
func TestNamingIsBounded(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna, ben, cleo := l.person("anna@example.com"), l.person("ben@example.com"), l.person("cleo@example.com")
	officer := l.officer("compliance@example.org", domain.RoleCompliance)
	in := func(values ...string) string {
		return fmt.Sprintf(`{"filter": {"field": "account", "op": "in", "values": ["%s"]}, %s}`, strings.Join(values, `", "`), why)
	}
	nobody := []string{anna.account, ben.account, noID}
	l.want(200, "POST", "/v1/views/devices/query", officer, in(nobody...))
	for who, want := range map[person]int{anna: 1, ben: 1, cleo: 0} {
		if got := l.looksOf(who); len(got) != want {
			t.Errorf("%s sees %v", who.email, got)
		}
	}
	for len(nobody) <= domain.MaxNamed {
		nobody = append(nobody, uuid.NewString())
	}
	for body, code := range map[string]string{
		in(nobody...):                                                 "too_many_named /filter",
		in(anna.account, "somebody"):                                  "invalid_id /filter/values/1",
		in(strings.ToUpper("a" + anna.account[1:])):                   "invalid_id /filter/values/0",
		`{"filter": {"field": "account", "op": "gte", "value": "a"}}`: "invalid_query /filter/op",
		`{"filter": {"field": "kind", "op": "in", "values": [` + strings.Repeat(`"`+strings.Repeat("x", 1000)+`",`, 21) + `"x"]}}`: "query_too_long ",
		`{"filter": {"not": {"not": ` + comparing("id", "nobody") + `}}, ` + why + `}`:                                             "invalid_id /filter/not/not/value",
		`{"filter": {"any": [` + comparing("account", "a/b/c") + `], "op": "eq"}}`:                                                 "invalid_query /filter",
		`{"purpose": "curiosity", "case": "DSR-1"}`:                                                                                "invalid_purpose /purpose",
		`{"purpose": "audit", "case": "my case"}`:                                                                                  "invalid_case /case",
		`{"filter": ` + comparing("account", anna.account) + `, "purpose": "", ` + `"case": "AB-1"}`:                               "invalid_purpose /purpose",
	} {
		r := l.want(422, "POST", "/v1/views/devices/query", officer, body)
		field, _ := r.get(t, "field").(string)
		if r.str(t, "code")+" "+field != code {
			t.Errorf("%.80s: %s", body, r.text)
		}
	}
	if got := l.looksOf(anna); len(got) != 1 {
		t.Errorf("refused, and seen: %v", got)
	}
}

// TestNamingNeedsAFreshProof, as a look-up does; an erased person's records are looked at like anybody's; analysts and others are
// refused before anything is told.
func TestNamingNeedsAFreshProof(t *testing.T) {
	t.Parallel()
	l := newLedgerThat(t, func(c *commands.Config) { c.Grace = 0 })
	anna, gone := l.person("anna@example.com"), l.person("gone@example.com")
	erasure := l.want(202, "POST", "/v1/erasures", gone.token, "").str(t, "id")
	settle(l, gone)
	if state := l.want(200, "GET", "/v1/erasures/"+erasure, "", "").str(t, "state"); state == "requested" {
		t.Fatal(state)
	}
	officer := l.officer("compliance@example.org", domain.RoleCompliance)
	body := `{"filter": ` + comparing("subject", gone.account) + `, "with_total": true, ` + why + `}`
	r := l.want(200, "POST", "/v1/views/activity/query", officer, body)
	if n, _ := r.get(t, "total").(float64); n == 0 || strings.Contains(r.text, gone.email) {
		t.Error(r.text)
	}
	found := l.want(200, "POST", "/v1/views/accesses/query", officer, `{"filter": {"field": "kind", "op": "eq", "value": "queried"}}`)
	if found.str(t, "documents", 0, "subject") != gone.account {
		t.Error(found.text)
	}
	for who, token := range map[string]string{"guest": "", "owner": anna.token, "service": l.service("maps"),
		"analyst": l.officer("analyst@example.org", domain.RoleAnalyst)} {
		r := l.send("POST", "/v1/views/activity/query", token, body)
		if r.StatusCode != 401 && r.StatusCode != 403 || strings.Contains(r.text, gone.account) {
			t.Errorf("%s: %d %s", who, r.StatusCode, r.text)
		}
	}
	for range 2 {
		l.clock.add(8 * time.Minute)
		l.want(200, "POST", "/v1/views/activity/query", officer, `{}`)
	}
	if r := l.want(403, "POST", "/v1/views/activity/query", officer, body); r.str(t, "code") != "step_up_required" || r.get(t, "max_age") != 900.0 {
		t.Error(r.text)
	}
	prefix := "access-"
	officer = l.want(200, "POST", "/v1/me/session/raise", officer, `{"password": "`+password+`"}`).str(t, "token")
	l.store.refuse.Store(&prefix)
	if r := l.want(503, "POST", "/v1/views/activity/query", officer, body); strings.Contains(r.text, "total") {
		t.Errorf("not recorded, and shown: %s", r.text)
	}
}

// settle carries out an erasure that is due.
func settle(l *ledger, p person) {
	l.t.Helper()
	id, _ := domain.ParseID(p.account)
	r := commands.Request{Caller: domain.System(), Channel: domain.ChannelProcess, Operation: "settle"}
	_, err := l.menu.SettleErasure(context.WithoutCancel(l.t.Context()), r, commands.SettleErasure{Account: domain.AccountID{UUID: id}})
	must(l.t, 0, err)
}

// TestQuestions: what an officer asked is read by another one, on the record; by which of its records it is asked for makes no difference.
func TestQuestions(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna, ben := l.person("anna@example.com"), l.person("ben@example.com")
	officer, auditor := l.officer("compliance@example.org", domain.RoleCompliance), l.officer("auditor@example.org", domain.RoleCompliance)
	l.want(200, "POST", "/v1/views/devices/query", officer,
		fmt.Sprintf(`{"filter": {"field": "account", "op": "in", "values": [%q, %q]}, "limit": 3, %s}`, anna.account, ben.account, why))
	records := l.want(200, "POST", "/v1/views/accesses/query", auditor, `{"filter": {"field": "kind", "op": "eq", "value": "queried"}, "sort": [{"field": "at"}]}`)
	if strings.Contains(records.text, "question") {
		t.Error("a sealed question is in an answer")
	}
	reason := `{"purpose": "audit", "case": "AUD-2026-0007"}`
	first := records.str(t, "documents", 0, "id")
	if records.get(t, "documents", 0, "asked") != nil { // two records of one moment, in any order
		first = records.str(t, "documents", 1, "id")
	}
	for i := range 2 {
		path := "/v1/questions/" + records.str(t, "documents", i, "id") + "/reveal"
		r := l.want(200, "POST", path, auditor, reason)
		if r.str(t, "query", "filter", "field") != "account" || r.str(t, "query", "filter", "values", 1) != ben.account ||
			r.get(t, "query", "purpose") != nil || r.str(t, "asked", "id") != first ||
			r.get(t, "asked", "asked") != nil || r.str(t, "asked", "actor") != records.str(t, "documents", 0, "actor") ||
			r.str(t, "asked", "case") != "DSR-2026-0042" || r.str(t, "asked", "view") != "devices" || strings.Contains(r.text, "question") {
			t.Errorf("record %d: %s", i, r.text)
		}
		found := l.want(200, "POST", "/v1/views/accesses/query", officer,
			`{"filter": {"field": "kind", "op": "eq", "value": "question_revealed"}, "sort": [{"field": "at", "desc": true}]}`)
		record := r.str(t, "record")
		if record != found.str(t, "documents", 0, "id") && record != found.str(t, "documents", 1, "id") ||
			found.str(t, "documents", 0, "asked") != r.str(t, "asked", "id") ||
			found.str(t, "documents", 0, "case") != "AUD-2026-0007" || found.str(t, "documents", 0, "outcome") != "found" {
			t.Errorf("the look at it: %s", found.text)
		}
		for who, token := range map[string]string{"guest": "", "owner": anna.token, "service": l.service(fmt.Sprintf("maps-%d", i)),
			"analyst": l.officer(fmt.Sprintf("analyst%d@example.org", i), domain.RoleAnalyst)} {
			if r := l.send("POST", path, token, reason); r.StatusCode != 401 && r.StatusCode != 403 || strings.Contains(r.text, ben.account) {
				t.Errorf("%s: %d %s", who, r.StatusCode, r.text)
			}
		}
		l.want(422, "POST", path, auditor, `{"purpose": "audit"}`)
	}
	l.want(404, "POST", "/v1/questions/"+noID+"/reveal", auditor, reason)
	l.want(404, "POST", "/v1/questions/somebody/reveal", auditor, reason)
	if got := l.looksOf(ben); len(got) != 3 { // the query, and each look at it, since it names him
		t.Errorf("looks: %v", got)
	}
	must(t, 0, l.deps.Journal.Destroy(t.Context(), domain.LedgerKey()))
	r := l.want(410, "POST", "/v1/questions/"+first+"/reveal", auditor, reason)
	if r.str(t, "code") != "question_unreadable" || strings.Contains(r.text, ben.account) {
		t.Error(r.text)
	}
}
