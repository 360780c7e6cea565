package domain_test

import (
	"testing"
	"time"

	"accountledger/domain"
)

func TestAttempts(t *testing.T) {
	var a domain.Attempts
	counted := func(n int, ago time.Duration) any {
		return domain.AttemptsCounted{Attempt: domain.AttemptSignIn, N: n, At: noon.Add(-ago)}
	}
	apply(t, &a, noon, counted(1, time.Hour), counted(2, 15*time.Minute), counted(4, 15*time.Minute-1), counted(8, 0),
		counted(16, -domain.MaxAhead), counted(32, -domain.MaxAhead-1)) // the last by a clock that was ahead
	sum := 0
	for _, c := range a.Within(15*time.Minute, noon) {
		sum += c.N
	}
	if sum != 4+8+16 || a.Row != 63 {
		t.Errorf("%d within a quarter of an hour, %d in a row", sum, a.Row)
	}
	apply(t, &a, noon, domain.AttemptsLimited{Attempt: domain.AttemptSignIn, Limit: 20, Seconds: 900}, domain.AttemptsCleared{Attempt: domain.AttemptSignIn})
	if a.Row != 0 || len(a.Within(15*time.Minute, noon)) != 3 {
		t.Errorf("%d in a row after a right one", a.Row)
	}
}
