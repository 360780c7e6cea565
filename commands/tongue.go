package commands

import (
	"context"

	"accountledger/domain"
)

// LanguageOf is the language of a person who is signed in, for what is said to them; false for anybody else, and where it cannot be read. Their
// account was read to authenticate them.
type LanguageOf func(context.Context, domain.Caller) (domain.Language, bool)

func (c *core) languageOf(ctx context.Context, of domain.Caller) (domain.Language, bool) {
	if of.Actor.Kind != domain.ActorPerson || of.Account.IsZero() {
		return "", false
	}
	a, err := c.account(ctx, of.Account)
	if err != nil {
		return "", false
	}
	return a.Language, a.Language != ""
}
