package commands

import (
	"context"

	"accountledger/domain"
)

// AuthenticateErased authenticates a person whom Authenticate refuses with ErrSession only because an erasure has started, so that
// they can repeat the request for that erasure if its answer did not reach them. The operation and Idempotency-Key must be
// those of the erasure's request, and the session must be one that would otherwise still be open. Anything else is
// ErrSession. The caller may only be used to repeat RequestErasure.
type AuthenticateErased func(ctx context.Context, token Token, operation, key string) (domain.Caller, error)

func (c *core) authenticateErased(ctx context.Context, token Token, operation, key string) (domain.Caller, error) {
	t, ok := parseSessionToken(token)
	if !ok || t.kind != domain.ActorPerson || key == "" {
		return domain.Guest(), domain.ErrSession
	}
	caller, err := c.erasedCaller(ctx, t, operation, key)
	return caller, refusal(err)
}

func (c *core) erasedCaller(ctx context.Context, t sessionToken, operation, key string) (domain.Caller, error) {
	var account *domain.Account
	var session domain.Session
	if err := c.beside(ctx, func(ctx context.Context) (err error) {
		account, err = c.account(ctx, domain.AccountID{UUID: t.owner})
		return err
	}, func(ctx context.Context) (err error) {
		session, err = c.session(ctx, t.owner, t.month, t.session)
		return err
	}); err != nil {
		return domain.Guest(), err
	}
	if account.Erasure.State != domain.ErasureRunning && !account.Erasure.Done() {
		return domain.Guest(), domain.ErrSession
	}
	if session.Owner != t.kind || !session.Valid(hashSecret(t.secret), account.EverywhereAt, c.Now()) {
		return domain.Guest(), domain.ErrSession
	}
	caller := t.person()
	caller.Closing = true
	k := &call{core: c, Request: Request{Caller: caller, Operation: operation, Key: key}, keyed: true}
	if account.Erasure.RequestedBy.Command != k.commandID() {
		return domain.Guest(), domain.ErrSession
	}
	return caller, nil
}
