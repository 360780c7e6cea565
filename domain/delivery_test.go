package domain_test

import (
	"testing"

	"accountledger/domain"
)

func TestDeliveries(t *testing.T) {
	attempt := func(n int) domain.DeliveryAttempted {
		return domain.DeliveryAttempted{Message: domain.MessageCode, Medium: domain.MediumEmail, Language: "en", Attempt: n}
	}
	for name, c := range map[string]struct {
		given    []any
		attempts int
		ended    bool
	}{
		"nothing yet": {nil, 0, false},
		"under way":   {[]any{attempt(1)}, 1, false},
		"again":       {[]any{attempt(1), attempt(2)}, 2, false},
		"delivered":   {[]any{attempt(1), domain.DeliverySucceeded{}}, 1, true},
		"given up":    {[]any{attempt(1), attempt(2), domain.DeliveryFailed{Failure: domain.FailUnreachable}}, 2, true},
		"too late":    {[]any{domain.DeliveryFailed{Failure: domain.FailExpired}}, 0, true},
	} {
		var d domain.Delivery
		apply(t, &d, noon, c.given...)
		if d.Attempts != c.attempts || d.Ended() != c.ended || c.attempts > 0 && !d.First.At.Equal(noon) {
			t.Errorf("%s: %d attempts, ended %v", name, d.Attempts, d.Ended())
		}
	}
}

func TestAttempts(t *testing.T) {
	var a domain.Attempts
	apply(t, &a, noon, domain.AttemptsLimited{Attempt: domain.AttemptCode}, domain.AttemptsLimited{Attempt: domain.AttemptCode})
	if a.Limited[domain.AttemptCode] != 2 || a.Limited[domain.AttemptSignIn] != 0 {
		t.Errorf("%v", a.Limited)
	}
}
