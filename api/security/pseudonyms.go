package security

import (
	"context"
	"sync"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

const (
	// keyTime is how long a day's key is kept in memory, so that it does not outlive its destruction by more than that.
	keyTime = time.Hour
	// keyWait is how long a line waits for the key.
	keyWait = time.Second
	// keyPause is how long lines go without pseudonyms after the vault gave no key.
	keyPause = 10 * time.Second
)

// pseudonyms keeps the key of today's pseudonyms, so that a flood of refusals costs the vault one question an hour.
type pseudonyms struct {
	of  commands.PseudonymsOf
	now func() time.Time

	mu      sync.Mutex
	today   *dayPseudonyms
	failing bool
}

type dayPseudonyms struct {
	day domain.Day
	of  commands.Pseudonyms
}

// current gives today's pseudonyms; nil when the vault does not give their key.
func (p *pseudonyms) current(ctx context.Context) commands.Pseudonyms {
	day := domain.DayOf(p.now())
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.today != nil && p.today.day == day:
		return p.today.of
	case p.failing:
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keyWait) // the line is written even if the client has gone
	defer cancel()
	of, err := p.of(ctx, day)
	if err != nil {
		p.failing = true
		time.AfterFunc(keyPause, p.tryAgain)
		return nil
	}
	fetched := &dayPseudonyms{day, of}
	p.today = fetched
	time.AfterFunc(keyTime, func() { p.drop(fetched) })
	return of
}

func (p *pseudonyms) tryAgain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failing = false
}

// drop forgets a key, unless another one has taken its place.
func (p *pseudonyms) drop(old *dayPseudonyms) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.today == old {
		p.today = nil
	}
}
