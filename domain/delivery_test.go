package domain_test

import (
	"errors"
	"testing"
	"time"

	"accountledger/domain"
)

func TestDeliveries(t *testing.T) {
	attempt := func(n int) domain.DeliveryAttempted {
		return domain.DeliveryAttempted{Medium: domain.MediumEmail, Attempt: n}
	}
	admitted := domain.DeliveryAdmitted{Class: domain.ClassGuest, Medium: domain.MediumEmail}
	for name, c := range map[string]struct {
		given    []any
		attempts int
		ended    bool
		next     error // of another attempt
	}{
		"nothing yet": {nil, 0, false, domain.ErrNotFound},
		"admitted":    {[]any{admitted}, 0, false, nil},
		"under way":   {[]any{admitted, attempt(1)}, 1, false, nil},
		"again":       {[]any{admitted, attempt(1), attempt(2)}, 2, false, nil},
		"delivered":   {[]any{admitted, attempt(1), domain.DeliverySucceeded{}}, 1, true, domain.ErrStale},
		"given up":    {[]any{admitted, attempt(1), attempt(2), domain.DeliveryFailed{Failure: domain.FailUnreachable}}, 2, true, domain.ErrStale},
		"too late":    {[]any{admitted, domain.DeliveryFailed{Failure: domain.FailExpired}}, 0, true, domain.ErrStale},
	} {
		var d domain.Delivery
		apply(t, &d, noon, c.given...)
		if d.Attempts != c.attempts || d.Ended != c.ended || c.attempts > 0 && !d.Last.At.Equal(noon.Add(time.Duration(c.attempts)*time.Minute)) {
			t.Errorf("%s: %d attempts, ended %v", name, d.Attempts, d.Ended)
		}
		events, err := d.Attempt(c.attempts+1, domain.MediumEmail)
		if !errors.Is(err, c.next) || c.next == nil && (len(events) != 1 || events[0] != attempt(c.attempts+1)) {
			t.Errorf("%s: another attempt: %v, %v", name, events, err)
		}
		if _, err := d.Attempt(c.attempts, domain.MediumEmail); err == nil {
			t.Errorf("%s: the last attempt can be made twice", name)
		}
		if !d.Exists() {
			continue
		}
		if events, err := d.End(c.attempts, ""); err != nil || c.ended != (len(events) == 0) {
			t.Errorf("%s: an end: %v, %v", name, events, err)
		}
		if _, err := d.End(c.attempts+1, ""); !c.ended && !errors.Is(err, domain.ErrStale) {
			t.Errorf("%s: the end of an attempt that was not made: %v", name, err)
		}
	}
}

func TestBudgets(t *testing.T) {
	at := func(minutes ...int) (out []domain.Admission) {
		for _, m := range minutes {
			out = append(out, domain.Admission{At: noon.Add(time.Duration(m) * time.Minute), Here: true})
		}
		return out
	}
	elsewhere := func(all []domain.Admission) []domain.Admission {
		for i := range all {
			all[i].Here = false
		}
		return all
	}
	tomorrow := 12 * time.Hour
	for name, c := range map[string]struct {
		class  domain.MessageClass
		before []domain.Admission
		want   time.Duration
	}{
		"the first":                       {domain.ClassGuest, nil, 0},
		"the third of an hour":            {domain.ClassGuest, at(-30, -20), 0},
		"the fourth":                      {domain.ClassGuest, at(-30, -20, -10), 30 * time.Minute},
		"the fourth, after an hour":       {domain.ClassGuest, at(-60, -20, -10), 0},
		"a stranger's three":              {domain.ClassGuest, elsewhere(at(-30, -20, -10)), 0},
		"ten from everywhere":             {domain.ClassGuest, elsewhere(at(-50, -45, -40, -35, -30, -25, -20, -15, -10, -5)), 10 * time.Minute},
		"six a day":                       {domain.ClassGuest, at(-600, -500, -400, -300, -200, -100), tomorrow},
		"yesterday's do not count today":  {domain.ClassGuest, at(-1000, -900, -800, -750, -740, -730), 0},
		"from a clock that was ahead":     {domain.ClassGuest, at(500, 500, 500), time.Hour},
		"alerts have no limit by hour":    {domain.ClassAlert, at(-29, -28, -27, -26, -25, -24, -23, -22, -21, -20, -19), 0},
		"own has none by network":         {domain.ClassOwn, at(-50, -40, -30, -20), 0},
		"the sixth of one's own an hour":  {domain.ClassOwn, at(-50, -40, -30, -20, -10), 10 * time.Minute},
		"recovery, from one network":      {domain.ClassRecovery, at(-50, -40), 10 * time.Minute},
		"a limit over which somebody was": {domain.ClassOwn, at(-50, -40, -30, -20, -10, -9), 20 * time.Minute},
	} {
		if got := c.class.Budgets().Wait(c.before, noon); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if got := c.class.Budgets().Raised(1000).Wait(c.before, noon); got != 0 {
			t.Errorf("%s, raised: %s", name, got)
		}
	}
}
