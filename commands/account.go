package commands

import (
	"context"
	"errors"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"accountledger/domain"
	"accountledger/journal"
)

// foldedAccounts keeps the states of recently used accounts. A state is never used before the stream was
// read on from its version, so it is as fresh as a full read.
type foldedAccounts struct {
	by *lru.Cache[domain.AccountID, *foldedAccount]
}

type foldedAccount struct {
	mu      sync.Mutex
	account *domain.Account
	head    journal.Head
	repeats map[domain.CommandID][]domain.Fact // of commands with an Idempotency-Key
}

const foldedAtOnce = 1 << 13

func newFoldedAccounts() *foldedAccounts {
	c, err := lru.New[domain.AccountID, *foldedAccount](foldedAtOnce)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &foldedAccounts{c}
}

// account reads an account as the leader has it now. The state is the caller's own.
func (c *core) account(ctx context.Context, id domain.AccountID) (*domain.Account, journal.Head, error) {
	a, head, _, err := c.accountAnd(ctx, id, domain.CommandID{})
	return a, head, err
}

// accountAnd gives as well what a command appended before.
func (c *core) accountAnd(ctx context.Context, id domain.AccountID, command domain.CommandID) (*domain.Account, journal.Head, []domain.Fact, error) {
	stream := domain.AccountStream(id)
	f, ok := c.folded.by.Get(id)
	if !ok {
		f = &foldedAccount{account: domain.NewAccount(id), head: journal.NoStream(stream), repeats: map[domain.CommandID][]domain.Fact{}}
		if kept, known, _ := c.folded.by.PeekOrAdd(id, f); known {
			f = kept
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for rec, err := range c.Journal.Read(ctx, stream, f.head.Version+1) {
		if err == nil {
			err = f.account.Apply(rec.Fact)
		}
		if err != nil {
			c.folded.by.Remove(id)
			return nil, journal.Head{}, nil, err
		}
		if rec.Fingerprint != "" {
			f.repeats[rec.Command] = append(f.repeats[rec.Command], rec.Fact)
		}
		f.head = journal.Head{Stream: stream, Version: rec.Version, At: rec.At}
	}
	if !f.head.Exists() {
		c.folded.by.Remove(id) // nothing to keep of what is not there
	}
	return f.account.Clone(), f.head, f.repeats[command], nil
}

// seen takes the place in the log of what was appended before as the answer's.
func (k *call) seen(ctx context.Context, facts []domain.Fact) error {
	last := facts[len(facts)-1]
	for rec, err := range k.Journal.Read(ctx, last.Stream, last.Version) {
		if err != nil {
			return err
		}
		k.position = rec.Position
		break
	}
	return nil
}

// change loads the caller's account, decides, appends, and gives the account as it is afterwards with the facts.
// A repeat under the same Idempotency-Key gives the facts of the first time.
func (k *call) change(ctx context.Context, id domain.AccountID, decide func(*domain.Account) ([]any, error)) (*domain.Account, []domain.Fact, error) {
	stream := domain.AccountStream(id)
	defer k.streams.lock(stream)()
	var account *domain.Account
	var facts []domain.Fact
	err := retry(ctx, func() error {
		a, head, before, err := k.accountAnd(ctx, id, k.command)
		if err != nil {
			return err
		}
		account = a
		if len(before) > 0 && k.keyed {
			facts = before
			return errors.Join(k.sameRequest(ctx, before), k.seen(ctx, before))
		}
		events, err := decide(a)
		if err != nil || len(events) == 0 {
			return err
		}
		entries, err := k.entries(ctx, head, about{subject: id, region: a.Region}, events...)
		if err != nil {
			return err
		}
		if facts, err = k.commit(ctx, head, entries); err != nil {
			return err
		}
		for _, f := range facts {
			if err := account.Apply(f); err != nil {
				return err
			}
		}
		return nil
	})
	return account, facts, err
}
