package commands

import (
	"context"

	"accountledger/domain"
	"accountledger/journal"
)

func (c *core) accountStream(id domain.AccountID) stream[*domain.Account] {
	return stream[*domain.Account]{domain.AccountStream(id), c.accounts, func() *domain.Account { return domain.NewAccount(id) }}
}

// account reads an account as the leader has it now.
func (c *core) account(ctx context.Context, id domain.AccountID) (*domain.Account, error) {
	return stateOf(ctx, c.accountStream(id))
}

// change decides on an account, and returns it as it is afterwards and the facts.
func (k *call) change(ctx context.Context, id domain.AccountID, decide func(*domain.Account) ([]any, error)) (changed[*domain.Account], error) {
	return k.changeAccount(id, decide).by(ctx, k)
}

func (k *call) changeAccount(id domain.AccountID, decide func(*domain.Account) ([]any, error)) change[*domain.Account] {
	return change[*domain.Account]{stream: k.accountStream(id), about: ofAccount,
		decide: func(_ context.Context, a *domain.Account, _ journal.Head) ([]any, error) { return decide(a) }}
}
