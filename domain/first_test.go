package domain_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"accountledger/domain"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	when, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func TestFirstOf(t *testing.T) {
	for _, c := range []struct {
		last, at string
		want     domain.First
	}{
		{"2026-05-18 00:00", "2026-05-18 23:59", ""},
		{"2026-05-18 23:59", "2026-05-19 00:00", domain.FirstOfDay},
		{"2026-05-17 23:59", "2026-05-18 00:00", domain.FirstOfWeek},         // Sunday, Monday
		{"2026-09-30 23:59", "2026-10-01 00:00", domain.FirstOfMonth},        // Wednesday, Thursday: one week
		{"2026-05-31 23:59", "2026-06-01 00:00", domain.FirstOfWeekAndMonth}, // Sunday, Monday
		{"2026-12-31 12:00", "2027-01-01 12:00", domain.FirstOfMonth},        // 2026 has a week 53, which ends on 3 January
		{"2027-01-03 12:00", "2027-01-04 12:00", domain.FirstOfWeek},         // week 53 of 2026, week 1 of 2027
		{"2024-12-30 12:00", "2025-01-01 12:00", domain.FirstOfMonth},        // both in week 1 of 2025
		{"2025-05-18 12:00", "2026-05-18 12:00", domain.FirstOfWeekAndMonth}, // a year later
		{"2028-02-28 12:00", "2028-02-29 12:00", domain.FirstOfDay},
		{"2026-05-19 12:00", "2026-05-18 12:00", ""}, // the clock went back
	} {
		if got := domain.FirstOf(at(t, c.last), at(t, c.at)); got != c.want {
			t.Errorf("%s after %s: %q, want %q", c.at, c.last, got, c.want)
		}
	}
	if domain.FirstOf(time.Time{}, noon) != domain.FirstEver {
		t.Error("with nothing before")
	}
}

// periods are what a time lies in, as the standard library says.
func periods(t time.Time) (day, week, month string) {
	year, w := t.ISOWeek()
	return string(domain.DayOf(t)), fmt.Sprint(year, w), string(domain.MonthOf(t))
}

// Of random events in order, the firsts of each period are as many as there are periods with one.
func TestFirstsCountPeriods(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		when := time.Date(2020+rapid.IntRange(0, 20).Draw(r, "year"), 12, 1, 0, 0, 0, 0, time.UTC)
		var last time.Time
		var days, weeks, months, ever int
		seen := map[string]bool{}
		for range rapid.IntRange(1, 60).Draw(r, "events") {
			when = when.Add(time.Duration(rapid.IntRange(0, 100).Draw(r, "hours")) * time.Hour)
			first := domain.FirstOf(last, when)
			last = when
			for n, yes := range map[*int]bool{&days: first.Day(), &weeks: first.Week(), &months: first.Month(), &ever: first.Ever()} {
				if yes {
					*n++
				}
			}
			day, week, month := periods(when)
			seen["day "+day], seen["week "+week], seen["month "+month] = true, true, true
		}
		if days+weeks+months != len(seen) || ever != 1 {
			r.Fatalf("%d days, %d weeks, %d months, %d ever; there are %v", days, weeks, months, ever, seen)
		}
	})
}

func TestTook(t *testing.T) {
	for took, want := range map[time.Duration]domain.Took{
		-time.Second: domain.TookUnder1Minute, 0: domain.TookUnder1Minute, time.Minute - 1: domain.TookUnder1Minute, time.Minute: domain.TookUnder5Minutes,
		5 * time.Minute: domain.TookUnder15Minutes, 15 * time.Minute: domain.TookUnder1Hour, time.Hour: domain.TookUnder1Day, 24 * time.Hour: domain.TookLonger,
	} {
		if got := domain.TookBetween(noon, noon.Add(took)); got != want || got.Validate() != nil {
			t.Errorf("%s: %s, want %s", took, got, want)
		}
	}
	for n, want := range map[int]domain.Nth{0: 1, 2: 3, 3: 4, 1000: domain.MostNth} {
		if got := domain.NthAfter(n); got != want || got.Validate() != nil {
			t.Errorf("after %d: %d", n, got)
		}
	}
	if domain.Nth(0).Validate() == nil || domain.Nth(5).Validate() == nil || domain.First("year").Validate() == nil || domain.Took("").Validate() == nil {
		t.Error("accepted a value that there is not")
	}
}

// An account's clock that went back makes nothing a first again: its events keep the time of the latest one.
func TestFirstsAndAClockThatGoesBack(t *testing.T) {
	a, n := opened(t, domain.CapacitySelf), published(t, true)
	set(t, a, wish(true, n, "en"), n, noon)
	set(t, a, wish(false, n, "en"), n, noon)
	yesterday := noon.Add(-24 * time.Hour)
	events, err := a.SetPermission(wish(true, n, "en"), domain.TheCatalogue(), n, yesterday)
	if err != nil || events[0].(domain.PermissionGranted).First != "" {
		t.Errorf("%+v, %v", events, err)
	}
	one := device()
	linked, _ := a.LinkDevice(one, noon)
	apply(t, a, noon, linked...)
	if again, err := a.LinkDevice(device(), yesterday); err != nil || again[0].(domain.DeviceLinked).First != "" {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestContactsAddedAreCounted(t *testing.T) {
	a := opened(t, domain.CapacitySelf)
	for i, want := range []domain.First{domain.FirstEver, ""} {
		events, err := a.Attach(domain.ContactAttached{Claim: domain.ClaimID{UUID: uuid.New()}, Kind: domain.IdentifierEmail}, noon, noon)
		if err != nil || events[0].(domain.ContactAttached).First != want {
			t.Errorf("contact %d: %+v, %v", i, events, err)
		}
		apply(t, a, noon, events...)
	}
}

// A person's sign-ins, whose months are separate streams.
func TestFirstsOfSessions(t *testing.T) {
	var earlier, month domain.Sessions
	start := func(s *domain.Sessions, when time.Time) {
		apply(t, s, when, domain.SessionStarted{Session: domain.SessionID{UUID: uuid.New()}})
	}
	thursday := at(t, "2026-10-01 08:00")
	if month.Before(thursday) != "2026-09" || month.Before(at(t, "2026-10-05 08:00")) != "" || month.Before(at(t, "2027-01-02 08:00")) != "2026-12" {
		t.Error("which month is needed besides")
	}
	if got := month.First(&earlier, thursday); got != domain.FirstOfWeekAndMonth {
		t.Errorf("the first of all: %s", got)
	}
	start(&earlier, at(t, "2026-09-27 23:00")) // the Sunday before
	if got := month.First(&earlier, thursday); got != domain.FirstOfWeekAndMonth {
		t.Errorf("after one of the week before: %s", got)
	}
	start(&earlier, at(t, "2026-09-28 23:00")) // the Monday
	if got := month.First(&earlier, thursday); got != domain.FirstOfMonth {
		t.Errorf("after one of the week: %s", got)
	}
	start(&month, thursday)
	if got := month.Fork().First(&domain.Sessions{}, thursday.Add(time.Hour)); got != "" || month.Before(thursday) != "" {
		t.Errorf("the same day: %s", got)
	}
	if got := month.First(&domain.Sessions{}, at(t, "2026-10-05 08:00")); got != domain.FirstOfWeek {
		t.Errorf("the next Monday: %s", got)
	}
}
