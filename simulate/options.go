package simulate

import (
	"errors"
	"fmt"
	"time"
)

// Limits and defaults of Options.
const (
	// MaxAccounts is the largest population.
	MaxAccounts = 100_000_000
	// DefaultDays is the default length of a history.
	DefaultDays = 180
	// MaxDays is the longest history: keys of months are destroyed after a year, as in a real ledger.
	MaxDays = 365
)

// Options are what to play.
type Options struct {
	// Accounts is how many people try to sign up. Not all of them succeed.
	Accounts int
	// Seed determines the population.
	Seed uint64
	// Days is the length of a played history in days; only with a simulated clock.
	Days int
	// Workers is how many people act concurrently.
	Workers int
	// Tag distinguishes this run's addresses and services from those of other runs on the same ledger: lower-case letters
	// and digits.
	Tag string
	// Clock is the simulated clock, or nil if the ledger uses its own.
	Clock *Clock
	// Progress is called now and then with how many people have arrived; may be nil.
	Progress func(done, total int)
}

// ErrAccounts and the others are errors in Options.
var (
	ErrAccounts = fmt.Errorf("simulate: the number of accounts must be from 1 to %d", MaxAccounts)
	ErrDays     = fmt.Errorf("simulate: the number of days must be from 1 to %d", MaxDays)
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
