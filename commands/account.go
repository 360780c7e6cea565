package commands

import (
	"context"
	"errors"

	"accountledger/domain"
	"accountledger/journal"
)

// foldedAccount is an account with what commands under an Idempotency-Key appended.
type foldedAccount struct {
	*domain.Account
	repeats map[domain.CommandID][]domain.Fact
}

// Apply applies a fact to the state.
func (a *foldedAccount) Apply(f domain.Fact) error {
	if f.Fingerprint != "" {
		a.repeats[f.Command] = append(a.repeats[f.Command], f)
	}
	return a.Account.Apply(f)
}

func newAccount(id domain.AccountID) func() *foldedAccount {
	return func() *foldedAccount {
		return &foldedAccount{domain.NewAccount(id), map[domain.CommandID][]domain.Fact{}}
	}
}

// account reads an account as the leader has it now, as a copy.
func (c *core) account(ctx context.Context, id domain.AccountID) (*domain.Account, journal.Head, error) {
	a, head, _, err := c.accountAnd(ctx, id, domain.CommandID{})
	return a, head, err
}

// accountAnd also returns what a command appended before.
func (c *core) accountAnd(ctx context.Context, id domain.AccountID, command domain.CommandID) (a *domain.Account, head journal.Head, before []domain.Fact, err error) {
	err = c.accounts.use(ctx, domain.AccountStream(id), newAccount(id), func(f *foldedAccount, at journal.Head) {
		a, head, before = f.Clone(), at, f.repeats[command]
	})
	return a, head, before, err
}

// seen sets the answer's position to that of facts appended earlier.
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

// change loads the caller's account, decides, appends, and returns the account afterwards and the facts. A repeat under the same
// Idempotency-Key returns the first request's facts.
func (k *call) change(ctx context.Context, id domain.AccountID, decide func(*domain.Account) ([]any, error)) (*domain.Account, []domain.Fact, error) {
	stream := domain.AccountStream(id)
	unlock, waited := k.streams.lock(stream)
	defer unlock()
	if waited {
		ctx = again(ctx)
	}
	var account *domain.Account
	var facts []domain.Fact
	err := retry(ctx, func(ctx context.Context) error {
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
