package commands

import (
	"context"

	"accountledger/domain"
)

// SetLanguage sets the language of messages and notices to the caller, a BCP 47 tag in any case.
type SetLanguage struct {
	Language string `json:"language"`
}

// setLanguage returns the language in canonical form. If it is the caller's already, nothing is appended.
func (k *call) setLanguage(ctx context.Context, in SetLanguage) (domain.Language, error) {
	set := k.changeAccount(k.Caller.Account, func(a *domain.Account) ([]any, error) { return a.ChangeLanguage(in.Language) })
	set.mayKeep = true
	if _, err := set.by(ctx, k); err != nil {
		return "", err
	}
	return domain.ParseLanguage(in.Language) // not the state's: a repeat gets the first answer
}
