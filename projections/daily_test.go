package projections_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
	"accountledger/projections/view"
)

// records are all events of a ledger.
func records(t testing.TB, l *projectiontest.Ledger) []journal.Record {
	t.Helper()
	page, err := l.Journal.ReadAll(t.Context(), journal.Checkpoint{}, 10_000)
	if err != nil || page.Waits != nil {
		t.Fatal(err, page.Waits)
	}
	return page.Records
}

// counts folds the view daily and adds up one number over its days, by all else that cells are counted by.
func counts(t testing.TB, all []journal.Record, number string) map[string]int64 {
	t.Helper()
	d := projections.Daily()
	docs := map[string]*view.Document{}
	for i, r := range all {
		for _, id := range d.Touches(r) {
			after, err := d.Fold(docs[id], id, int64(i+1), r)
			if err != nil {
				t.Fatal(err)
			}
			docs[id] = after
		}
	}
	sums := map[string]int64{}
	for id, doc := range docs {
		_, rest, _ := strings.Cut(id, "/")
		if n := doc.Values[d.Schema.Field(number)].Int64(); n > 0 {
			sums[rest] += n
		}
	}
	return sums
}

// did is that a person did something that cells count, as an event shows without what it says of firsts; the cell as in its id.
func did(r journal.Record) (cell string, who domain.AccountID, when time.Time) {
	region := string(r.Region)
	switch e := r.Event.(type) {
	case domain.SignUpCompleted:
		return "sign_up/completed/" + region + "///", e.Account, r.At
	case domain.SessionStarted:
		return "sign_in//" + region + "///", r.Subject, r.At
	case domain.ContactAttached:
		return "contact_added//" + region + "///", r.Subject, r.At
	case domain.PermissionGranted:
		return fmt.Sprintf("opt_in//%s/%s/%s/", region, e.Permission, e.For), r.Subject, r.At
	case domain.PermissionWithdrawn:
		return fmt.Sprintf("opt_out//%s/%s/%s/", region, e.Permission, e.For), r.Subject, r.At
	case domain.FactorEnrolled:
		return fmt.Sprintf("factor_enrolled//%s///%s", region, e.Kind), r.Subject, r.At
	case domain.DeviceLinked:
		return fmt.Sprintf("device_linked//%s///%s", region, e.Kind), r.Subject, r.At
	}
	return "", who, when
}

// plain counts distinct people per cell and period from the whole log, and adds that up over the periods.
func plain(all []journal.Record, period func(time.Time) string) map[string]int64 {
	seen, sums := map[string]bool{}, map[string]int64{}
	count := func(cell string, who fmt.Stringer, when time.Time) {
		if key := fmt.Sprint(cell, who, period(when)); !seen[key] {
			seen[key] = true
			sums[cell]++
		}
	}
	asked := map[string]journal.Record{} // by the sign-up's id
	wrong := map[string]bool{}
	for _, r := range all {
		_, id, _ := strings.Cut(r.Stream, "-")
		switch e := r.Event.(type) {
		case domain.SignUpRequested:
			asked[id] = r
		case domain.VerificationFailed:
			wrong[id] = true
		case domain.SignUpCompleted: // a person now, and so when they asked
			at, region := asked[id].At, string(r.Region)
			count("sign_up/requested/"+region+"///", e.Account, at)
			count("verification/passed/"+region+"///sign_up", e.Account, at)
			if wrong[id] {
				count("verification/failed/"+region+"///sign_up", e.Account, at)
			}
		}
		if cell, who, when := did(r); cell != "" {
			count(cell, who, when)
		}
	}
	return sums
}

// The sum over days of each number is what the whole log says, counted without what events say of firsts.
func TestSumsOfDaysAreTrue(t *testing.T) {
	t.Parallel()
	periods := map[string]func(time.Time) string{
		"people":         func(t time.Time) string { return t.Format(time.DateOnly) },
		"weekly_people":  func(t time.Time) string { year, week := t.ISOWeek(); return fmt.Sprint(year, " week ", week) },
		"monthly_people": func(t time.Time) string { return t.Format("2006-01") },
		"new_people":     func(time.Time) string { return "ever" },
	}
	rapid.Check(t, func(r *rapid.T) {
		l := projectiontest.New(t)
		l.Pass(time.Duration(rapid.IntRange(0, 400).Draw(r, "begins on day")) * 24 * time.Hour)
		h := projectiontest.NewHistory(l)
		for range rapid.IntRange(10, 50).Draw(r, "steps") {
			h.Step(r)
		}
		all := records(t, l)
		for number, period := range periods {
			got, want := counts(t, all, number), plain(all, period)
			if number == "new_people" { // old sign-ins are not remembered
				for cell := range want {
					if strings.HasPrefix(cell, "sign_in/") {
						delete(want, cell)
					}
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				r.Fatalf("%s:\ngot  %v\nwant %v", number, got, want)
			}
		}
	})
}

// What nobody proved is counted as events and as no people, whichever day its end comes on.
func TestUnprovenSignUpsAreNobody(t *testing.T) {
	l := projectiontest.New(t)
	notices := map[domain.Permission]*domain.Notices{}
	for range 9 {
		l.RequestSignUp("FR", "nobody@example.org")
	}
	l.Pass(14*time.Hour + 55*time.Minute) // a few minutes before midnight
	late := l.RequestSignUp("FR", "somebody@example.org")
	l.Pass(10 * time.Minute)
	l.Prove(late, "FR", "somebody@example.org", notices, 2)
	all := records(t, l)
	people, events := counts(t, all, "people"), counts(t, all, "events")
	for cell, want := range map[string][2]int64{
		"sign_up/requested/FR///": {1, 10}, "sign_up/completed/FR///": {1, 1},
		"verification/passed/FR///sign_up": {1, 1}, "verification/failed/FR///sign_up": {1, 2},
	} {
		if people[cell] != want[0] || events[cell] != want[1] {
			t.Errorf("%s: %d people, %d events; want %v", cell, people[cell], events[cell], want)
		}
	}
	d := projections.Daily()
	last := all[len(all)-1]
	touched := strings.Join(d.Touches(last), " ")
	if strings.Count(touched, "2026-03-01/") != 3 || strings.Count(touched, "2026-03-02/sign_up/completed") != 1 {
		t.Errorf("a sign-up of yesterday touches %s", touched)
	}
}
