package commands

import (
	"context"

	"accountledger/domain"
	"accountledger/journal"
)

// CorrectBirth corrects the month of birth of the caller, once.
type CorrectBirth struct {
	BirthMonth string `json:"birth_month"`
}

// correctBirth decides with it whether the person may decide on their own. See domain.Account.CorrectBirth for what is refused.
func (k *call) correctBirth(ctx context.Context, in CorrectBirth) (domain.Capacity, error) {
	birth, err := domain.ParseBirthMonth(in.BirthMonth, k.now)
	if err != nil {
		return "", err
	}
	a, err := k.account(ctx, k.Caller.Account)
	if err != nil {
		return "", err
	}
	before, err := journal.Open(ctx, k.Journal, a.Birth.Fact, a.Birth.Month)
	if err != nil {
		return "", err
	}
	out, err := k.change(ctx, a.ID, func(a *domain.Account) ([]any, error) { return a.CorrectBirth(before, birth, k.now) })
	if err != nil {
		return "", err
	}
	return out.facts[0].Event.(domain.BirthCorrected).Capacity, nil // decided above
}
