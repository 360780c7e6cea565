package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/journal"
)

// fewPeople is how many people's parts fit into every cache.
const fewPeople = 1000

// openRows measures opening sealed parts that are already read, with cached keys and with none.
func openRows(ctx context.Context, c config) (rows []Row, err error) {
	w, err := populated(ctx, c, c.served)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close(ctx)) }()
	raw, err := os.MkdirTemp(c.dir, "raw")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(raw)) }()
	people := min(c.opened, c.served)
	opened, err := w.openings(ctx, people)
	if err != nil {
		return nil, err
	}
	if err := copyRaw(ctx, w, raw); err != nil {
		return nil, err
	}
	control := func() (Rate, error) { return onCores(1, func() (Rate, error) { return readRaw(raw) }) }
	few := opened[:min(fewPeople, len(opened))]
	if _, err := openParts(ctx, w.journal, few, 20); err != nil {
		return nil, err
	}
	warm, bare, err := inTurns(c.rounds, func() (Rate, error) {
		return onCores(1, func() (Rate, error) { return openParts(ctx, w.journal, few, 50) })
	}, control)
	if err != nil {
		return nil, err
	}
	cold, bareToo, err := inTurns(min(c.rounds, 3), func() (Rate, error) {
		return onCores(1, func() (Rate, error) { return w.openCold(ctx, opened) })
	}, control)
	if err != nil {
		return nil, err
	}
	return []Row{
		compared(fmt.Sprintf("opening sealed parts of %d people, one core", len(few)), "parts/s", warm, bare, 0.15),
		compared(fmt.Sprintf("opening sealed parts of %d people, cold cache, one core", len(opened)), "parts/s", cold, bareToo, 0.05),
	}, nil
}

// openings reads the events that opened accounts: each has two parts, one of them under two keys.
func (w *world) openings(ctx context.Context, most int) ([]domain.Fact, error) {
	var found []domain.Fact
	for page, err := range w.journal.Pages(ctx, eventstore.Checkpoint{}, readPage) {
		if err != nil {
			return nil, err
		}
		for i := range page.Records {
			if _, ok := page.Records[i].Event.(domain.AccountOpened); ok {
				found = append(found, page.Records[i].Fact)
			}
			if len(found) == most {
				return found, nil
			}
		}
	}
	if len(found) == 0 {
		return nil, errors.New("nobody has an account")
	}
	return found, nil
}

func openParts(ctx context.Context, j *journal.Journal, facts []domain.Fact, times int) (Rate, error) {
	began := time.Now()
	for range times {
		if err := openBoth(ctx, j, facts); err != nil {
			return Rate{}, err
		}
	}
	return Rate{PerSecond: float64(2*len(facts)*times) / time.Since(began).Seconds()}, nil
}

func openBoth(ctx context.Context, j *journal.Journal, facts []domain.Fact) error {
	for i := range facts {
		e := facts[i].Event.(domain.AccountOpened)
		if _, err := journal.Open(ctx, j, facts[i], e.Contact); err != nil {
			return err
		}
		if _, err := journal.Open(ctx, j, facts[i], e.Birth); err != nil {
			return err
		}
	}
	return nil
}

// openCold reopens the vault, so that no key is cached, and asks it for the keys of a page of people at a time.
func (w *world) openCold(ctx context.Context, facts []domain.Fact) (rate Rate, err error) {
	if err := w.vault.Close(); err != nil {
		return rate, err
	}
	if w.vault, err = openVault(ctx, w.dir); err != nil {
		return rate, err
	}
	registry, err := journal.NewRegistry(journal.Types(), journal.Upcasters(), journal.PartUpcasters())
	if err != nil {
		return rate, err
	}
	j := journal.New(w.store, registry, w.vault)
	runtime.GC()
	began := time.Now()
	for rest := facts; len(rest) > 0; {
		page := rest[:min(len(rest), readPage)]
		rest = rest[len(page):]
		names := make([]string, 0, 2*len(page))
		for i := range page {
			names = append(names, page[i].Event.(domain.AccountOpened).Contact.Sealed().Keys...)
		}
		if _, err := w.vault.Keys(ctx, names...); err != nil {
			return rate, err
		}
		if err := openBoth(ctx, j, page); err != nil {
			return rate, err
		}
	}
	return Rate{PerSecond: float64(2*len(facts)) / time.Since(began).Seconds()}, nil
}
