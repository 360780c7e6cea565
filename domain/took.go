package domain

import "time"

// Took is how long something took, as a range: an exact time could be matched with what somebody else has seen.
type Took string

// Ranges. Each begins where the one before it ends.
const (
	TookUnder1Minute   Took = "under_1m"
	TookUnder5Minutes  Took = "under_5m"
	TookUnder15Minutes Took = "under_15m"
	TookUnder1Hour     Took = "under_1h"
	TookUnder1Day      Took = "under_24h"
	TookLonger         Took = "longer" // after a crash
)

// Validate refuses unknown values.
func (t Took) Validate() error {
	return oneOf(t, TookUnder1Minute, TookUnder5Minutes, TookUnder15Minutes, TookUnder1Hour, TookUnder1Day, TookLonger)
}

// TookBetween is how long it is from a request to what completes it.
func TookBetween(asked, done time.Time) Took {
	switch took := done.Sub(asked); {
	case took < time.Minute:
		return TookUnder1Minute
	case took < 5*time.Minute:
		return TookUnder5Minutes
	case took < 15*time.Minute:
		return TookUnder15Minutes
	case took < time.Hour:
		return TookUnder1Hour
	case took < 24*time.Hour:
		return TookUnder1Day
	}
	return TookLonger
}

// Nth numbers events of one kind from 1; MostNth stands for itself and all higher numbers.
type Nth int

// MostNth is the highest number that is told apart.
const MostNth Nth = 4

// NthAfter is the number of an event before which there were some already.
func NthAfter(before int) Nth { return min(Nth(before)+1, MostNth) }

// Validate refuses what is no number.
func (n Nth) Validate() error {
	if n < 1 || n > MostNth {
		return errValue
	}
	return nil
}
