package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"accountledger/domain"
	"accountledger/projections/view"
)

// daily asks for daily counts.
func (l *ledger) daily(status int, officer, body string) reply {
	l.t.Helper()
	return l.want(status, "POST", "/v1/views/daily/query", officer, body)
}

const requested = `{"filter": {"all": [{"field": "metric", "op": "eq", "value": "sign_up"}, {"field": "outcome", "op": "eq", "value": "requested"}]}}`

// Anybody can make up sign-ups: ten of which one is proven are one person, and nothing of them is shown. Of ten people it is.
func TestOnlyProvenPeopleCount(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.officer("analyst@example.org", domain.RoleAnalyst)
	l.officer("compliance@example.org", domain.RoleCompliance)
	for i := range 9 {
		l.want(202, "POST", "/v1/sign-ups", "", signUpBody(fmt.Sprintf("nobody%d@example.com", i)))
	}
	l.person("anna@example.com")
	l.clock.add(24 * time.Hour)
	for i := range 10 {
		l.person(fmt.Sprintf("person%d@example.com", i))
	}
	l.clock.add(48 * time.Hour)

	all := l.daily(200, l.staffToken("compliance@example.org"), requested)
	for i, people := range []float64{1, 10} { // by id, which begins with the day
		if all.get(t, "documents", i, "people") != people || all.get(t, "documents", i, "new_people") != people || all.get(t, "documents", i, "events") != 10.0 {
			t.Errorf("counted: %s", all.text)
		}
	}
	shown := l.daily(200, l.staffToken("analyst@example.org"), `{"limit": 100}`)
	if strings.Contains(shown.text, "2026-03-09") || !strings.Contains(shown.text, "2026-03-10/sign_up/requested") ||
		!strings.Contains(shown.text, "2026-03-10/sign_in/") {
		t.Errorf("shown: %s", shown.text)
	}
}

// partly is a cell of which only some people are the first of the week.
func partly(id string, schema view.Schema, day time.Time, people, first int64) *view.Document {
	d := cell(id, schema, day, "DE", people)
	for _, name := range []string{"weekly_people", "monthly_people", "new_people"} {
		d.Values[schema.Field(name)] = view.NumberValue(first)
	}
	return d
}

// Part of a cell's people can be fewer than ten: analysts get sums of parts that are not, and see parts in no other way.
func TestPartsOfCells(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	analyst, compliance := l.officer("analyst@example.org", domain.RoleAnalyst), l.officer("compliance@example.org", domain.RoleCompliance)
	schema, _ := l.views.Schema("daily")
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	l.views.put("daily", partly("a", *schema, monday, 40, 40), partly("b", *schema, monday.AddDate(0, 0, 1), 30, 12),
		partly("c", *schema, monday.AddDate(0, 0, 2), 30, 1))
	for sum, want := range map[string]float64{"people": 100, "weekly_people": 52, "monthly_people": 52, "new_people": 52} {
		body := fmt.Sprintf(`{"group": {"by": ["metric"], "sum": %q}, "histogram": {"field": "day", "interval": "week", "sum": %q}}`, sum, sum)
		if r := l.daily(200, analyst, body); r.get(t, "groups", 0, "sum") != want || r.get(t, "buckets", 0, "sum") != want {
			t.Errorf("%s: %s", sum, r.text)
		}
		if sum == "people" {
			continue
		}
		only := `{"field": "` + sum + `", "op": "eq", "value": 1}`
		for body, field := range map[string]string{
			`{"filter": ` + only + `}`:                                "/filter/field",
			`{"filter": {"all": [{"any": [{"not": ` + only + `}]}]}}`: "/filter/all/0/any/0/not/field",
			`{"sort": [{"field": "day"}, {"field": "` + sum + `"}]}`:  "/sort/1/field",
			`{"group": {"by": ["metric", "` + sum + `"]}}`:            "/group/by/1",
		} {
			if r := l.daily(422, analyst, body); r.str(t, "field") != field {
				t.Errorf("%s: %s", body, r.text)
			}
			l.daily(200, compliance, body)
		}
	}
	if r := l.daily(200, analyst, `{}`); strings.Contains(r.text, "weekly") || strings.Contains(r.text, "monthly") || strings.Contains(r.text, "new_people") ||
		r.get(t, "documents", 2, "people") == nil {
		t.Errorf("documents: %s", r.text)
	}
	if r := l.daily(200, compliance, `{}`); r.get(t, "documents", 0, "weekly_people") == nil {
		t.Errorf("an officer's documents: %s", r.text)
	}
}
