package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"accountledger/api"
	"accountledger/domain"
	"accountledger/projections/view"
)

func (l *ledger) recorded(officer string) int {
	l.t.Helper()
	r := l.want(200, "POST", "/v1/views/accesses/query", officer, `{"filter": {"field": "kind", "op": "eq", "value": "queried"}, "limit": 1, "with_total": true}`)
	n, _ := r.get(l.t, "total").(float64)
	return int(n)
}

// TestQuery: pages, groups and counts; sealed parts are not in the answer; each query is on record.
func TestQuery(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for i := range 5 {
		l.person(fmt.Sprintf("person%d@example.com", i))
	}
	officer := l.officer("compliance@example.org", domain.RoleCompliance)
	before := l.recorded(officer)
	seen, cursor := map[string]bool{}, ""
	for pages := 0; pages == 0 || cursor != ""; pages++ {
		body := `{"sort": [{"field": "opened", "desc": true}], "limit": 2, "with_total": true}`
		if cursor != "" {
			body = strings.Replace(body, "{", fmt.Sprintf(`{"cursor": %q, `, cursor), 1)
		}
		r := l.want(200, "POST", "/v1/views/accounts/query", officer, body)
		if strings.Contains(r.text, "email") || strings.Contains(r.text, "birth") || r.get(t, "total") != 5.0 {
			t.Fatalf("page: %s", r.text)
		}
		list, _ := r.get(t, "documents").([]any)
		for i := range list {
			seen[r.str(t, "documents", i, "id")] = r.str(t, "documents", i, "state") == "open"
		}
		cursor, _ = r.get(t, "cursor").(string)
	}
	if len(seen) != 5 {
		t.Errorf("%d accounts on the pages", len(seen))
	}
	r := l.want(200, "POST", "/v1/views/accounts/query", officer,
		`{"group": {"by": ["region", "state"], "sum": "devices"}, "histogram": {"field": "opened", "interval": "day", "zone": "Europe/Berlin"}}`)
	if r.get(t, "groups", 0, "count") != 5.0 || r.str(t, "groups", 0, "keys", "region") != "DE" || r.get(t, "groups", 0, "sum") != 0.0 ||
		r.get(t, "group_total") != 1.0 || r.str(t, "buckets", 0, "start") != "2026-03-09T00:00:00+01:00" {
		t.Errorf("counts: %s", r.text)
	}
	if after := l.recorded(officer); after != before+5 { // three pages, one count, and the first asking itself
		t.Errorf("%d queries on record after %d", after, before)
	}
}

// TestCursors: a cursor belongs to its caller, view, query and generation.
func TestCursors(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna, ben := l.person("anna@example.com"), l.person("ben@example.com")
	one, other := l.officer("one@example.org", domain.RoleCompliance), l.officer("other@example.org", domain.RoleCompliance)
	query := func(status int, path, token, body string) reply {
		t.Helper()
		return l.want(status, "POST", "/v1/views/"+path+"/query", token, body)
	}
	cursor := query(200, "accounts", one, `{"limit": 1}`).str(t, "cursor")
	next := fmt.Sprintf(`{"limit": 5, "cursor": %q}`, cursor)
	query(200, "accounts", one, next)
	query(400, "accounts", other, next)
	query(400, "permissions", one, next)
	query(400, "accounts", one, strings.Replace(next, "{", `{"sort": [{"field": "region"}], `, 1))
	query(400, "accounts", one, strings.Replace(next, "{", `{"filter": {"field": "region", "op": "exists"}, `, 1))
	query(400, "accounts", one, strings.Replace(next, cursor, cursor[:len(cursor)-2]+"AA", 1))
	l.views.rebuild()
	query(400, "accounts", one, next)

	key := l.service("maps")
	for range 3 {
		l.want(200, "POST", "/v1/decisions", key, fmt.Sprintf(`{"account": %q, "permission": "location", "purpose": "navigation"}`, anna.account))
	}
	mine := l.want(200, "GET", "/v1/me/accesses?limit=2", anna.token, "")
	path := "/v1/me/accesses?limit=2&cursor=" + mine.str(t, "cursor")
	if list, _ := l.want(200, "GET", path, anna.token, "").get(t, "accesses").([]any); len(list) != 1 {
		t.Errorf("%d on the last page", len(list))
	}
	l.want(400, "GET", path, ben.token, "")
	if list, _ := l.want(200, "GET", "/v1/me/accesses", ben.token, "").get(t, "accesses").([]any); len(list) != 0 {
		t.Error("somebody else's accesses")
	}
}

// cell is a count of a day, as the view has it.
func cell(id string, schema view.Schema, day time.Time, region string, people int64) *view.Document {
	d := &view.Document{ID: id, Position: 1, Values: make([]view.Value, len(schema.Fields))}
	for name, v := range map[string]view.Value{"day": view.TimeValue(day), "metric": view.KeywordValue("sign_up"), "region": view.KeywordValue(region),
		"people": view.NumberValue(people), "events": view.NumberValue(people), "weekly_people": view.NumberValue(people),
		"monthly_people": view.NumberValue(people), "new_people": view.NumberValue(people)} {
		d.Values[schema.Field(name)] = v
	}
	return d
}

// TestAnalysts get days that are over, the day after too, and cells of ten people or more, whatever they filter, sort, group or add up.
func TestAnalysts(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	analyst := l.officer("analyst@example.org", domain.RoleAnalyst)
	schema, _ := l.views.Schema("daily")
	today := time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)
	l.views.put("daily", cell("a", *schema, today.AddDate(0, 0, -2), "DE", 10), cell("b", *schema, today.AddDate(0, 0, -2), "FR", 9),
		cell("c", *schema, today.AddDate(0, 0, -1), "DE", 100), cell("d", *schema, today, "DE", 100), cell("e", *schema, today.AddDate(0, 0, -3), "DE", 30))
	for _, body := range []string{
		`{"with_total": true}`,
		`{"with_total": true, "filter": {"any": [{"field": "people", "op": "lt", "value": 10}, {"field": "people", "op": "gte", "value": 0}]}}`,
		`{"with_total": true, "filter": {"not": {"field": "day", "op": "lt", "value": "1999-01-01T00:00:00Z"}}, "sort": [{"field": "people"}]}`,
	} {
		r := l.want(200, "POST", "/v1/views/daily/query", analyst, body)
		if r.get(t, "total") != 2.0 || strings.Contains(r.text, "FR") || strings.Contains(r.text, `"people":9`) || strings.Contains(r.text, "2026-03-08") ||
			strings.Contains(r.text, "2026-03-09") {
			t.Errorf("%s: %s", body, r.text)
		}
	}
	r := l.want(200, "POST", "/v1/views/daily/query", analyst,
		`{"group": {"by": ["region"], "sum": "people"}, "histogram": {"field": "day", "interval": "month", "sum": "people"}}`)
	if r.get(t, "group_total") != 1.0 || r.get(t, "groups", 0, "sum") != 40.0 || r.get(t, "buckets", 0, "sum") != 40.0 {
		t.Errorf("sums: %s", r.text)
	}
	l.clock.add(24 * time.Hour)
	analyst = l.staffToken("analyst@example.org")
	if r := l.want(200, "POST", "/v1/views/daily/query", analyst, `{"group": {"by": ["region"], "sum": "people"}}`); r.get(t, "groups", 0, "sum") != 140.0 {
		t.Errorf("a day later: %s", r.text)
	}
}

// TestNotRecordedNotShown: what cannot be put on record is not shown.
func TestNotRecordedNotShown(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna := l.person("anna@example.com")
	officer, key := l.officer("compliance@example.org", domain.RoleCompliance), l.service("maps")
	prefix := "access-"
	l.store.refuse.Store(&prefix)
	why := `"purpose": "audit", "case": "AB-1"`
	for path, body := range map[string]string{
		"/v1/views/accounts/query":                 `{}`,
		"/v1/lookups":                              `{"email": "anna@example.com", ` + why + `}`,
		"/v1/accounts/" + anna.account + "/reveal": `{"parts": ["email"], ` + why + `}`,
	} {
		if r := l.want(503, "POST", path, officer, body); strings.Contains(r.text, anna.account) || strings.Contains(r.text, anna.email) ||
			r.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %s", path, r.text)
		}
	}
	l.want(503, "POST", "/v1/decisions", key, fmt.Sprintf(`{"account": %q, "permission": "location", "purpose": "navigation"}`, anna.account))
	l.store.refuse.Store(nil)
	l.want(200, "POST", "/v1/views/accounts/query", officer, `{}`)
}

// TestReadYourWrite: a position from an answer is waited for; if the view does not get there, the answer says so.
func TestReadYourWrite(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna := l.person("anna@example.com")
	officer := l.officer("compliance@example.org", domain.RoleCompliance)
	position := l.grant(anna).Header.Get("Ledger-Position")
	query := func(status int) reply {
		t.Helper()
		return l.want(status, "POST", "/v1/views/permissions/query", officer, `{"filter": {"field": "state", "op": "eq", "value": "granted"}, "with_total": true}`,
			header{"Ledger-Min-Position", position})
	}
	l.views.fallBehind(true)
	if r := query(503); r.str(t, "code") != "view_behind" || r.Header.Get("Retry-After") == "" {
		t.Error(r.text)
	}
	if r := l.want(503, "GET", "/v1/me/accesses", anna.token, ""); r.str(t, "code") != "view_behind" {
		t.Error(r.text)
	}
	l.views.fallBehind(false)
	if r := query(200); r.get(t, "total") != 1.0 {
		t.Error(r.text)
	}
	// A position says nothing to its bearer, and one of another log is refused.
	other := newLedger(t)
	other.want(400, "GET", "/v1/me/accesses", other.person("x@example.com").token, "", header{"Ledger-Min-Position", position})
}

var _ api.Views = (*foldingViews)(nil)
