package simulate

import (
	"errors"
	"fmt"
	"time"
)

// Bounds and defaults of Options.
const (
	// MaxAccounts bounds a population.
	MaxAccounts = 100_000_000
	// DefaultDays is how long a history is where none is said.
	DefaultDays = 180
	// MaxDays bounds it: keys of months are destroyed after a year, as in the real product.
	MaxDays = 365
)

// Options say what to play.
type Options struct {
	// Accounts is how many people try to sign up. Not all of them succeed.
	Accounts int
	// Seed chooses the population.
	Seed uint64
	// Days is how many days a played history spreads over; only where the clock is simulated.
	Days int
	// Workers is how many people act at once.
	Workers int
	// Tag keeps this run's addresses and services apart from those of other runs on the same ledger: lower-case
	// letters and digits.
	Tag string
	// Clock is the simulated clock, or nil where the ledger goes by its own.
	Clock *Clock
	// Progress is called now and then with how many people have come so far; nil: nobody asks.
	Progress func(done, total int)
}

// ErrAccounts and the others are faults in Options.
var (
	ErrAccounts = fmt.Errorf("simulate: give a number of accounts from 1 to %d", MaxAccounts)
	ErrDays     = fmt.Errorf("simulate: give a number of days from 1 to %d", MaxDays)
	ErrTag      = errors.New("simulate: a tag has 1 to 16 lower-case letters and digits")
)

// Check completes and checks the options.
func (o *Options) Check() error {
	if o.Days == 0 {
		o.Days = DefaultDays
	}
	if o.Workers <= 0 {
		o.Workers = 1
	}
	if o.Progress == nil {
		o.Progress = func(int, int) {}
	}
	switch {
	case o.Accounts < 1 || o.Accounts > MaxAccounts:
		return ErrAccounts
	case o.Days < 1 || o.Days > MaxDays:
		return ErrDays
	case !validTag(o.Tag):
		return ErrTag
	}
	return nil
}

func validTag(tag string) bool {
	for _, r := range tag {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return false
		}
	}
	return tag != "" && len(tag) <= 16
}

// day is the length of a day.
const day = 24 * time.Hour
