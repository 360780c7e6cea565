package commands

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passwords"
	"accountledger/vault"
)

// Raise proves again who the caller is, for what asks for a fresh proof.
type Raise struct {
	Password passwords.Password `json:"-"`
}

// raise gives the caller's session a fresh proof and another token; the old one ends at once. Wrong passwords are limited like those at
// sign-in, by the owner, and apart from them: whoever has a token can neither guess without bound nor shut the owner out.
func (k *call) raise(ctx context.Context, in Raise) (SignedIn, error) {
	months, err := k.eachMonth(ctx)
	if err != nil {
		return SignedIn{}, err
	}
	at := slices.IndexFunc(months, func(m monthSessions) bool { return m.all.All[k.Caller.Session] != nil })
	if at < 0 {
		return SignedIn{}, domain.ErrSession
	}
	month := months[at].month
	who, err := k.self(ctx)
	if err != nil {
		return SignedIn{}, err
	}
	limits, err := k.signInLimits(ctx, vault.Digest(sha256.Sum256([]byte("raise\x00"+who.id.String()))))
	if err != nil {
		return SignedIn{}, err
	}
	if seconds := k.overAny(limits); seconds > 0 {
		return SignedIn{}, domain.ErrRate.After(seconds)
	}
	right, err := k.rightPassword(ctx, who, in.Password)
	if err != nil {
		return SignedIn{}, err
	}
	if !right {
		return SignedIn{}, errors.Join(domain.ErrPassword, k.refusedAny(ctx, limits))
	}
	a := about{}
	if who.account != nil {
		a = ofAccount(who.account)
	}
	out, err := change[*domain.Sessions]{stream: k.ownSessions(month), about: concerning[*domain.Sessions](a),
		decide: func(ctx context.Context, s *domain.Sessions, head journal.Head) ([]any, error) {
			everywhere, err := k.everywhereAt(ctx)
			if err != nil {
				return nil, err
			}
			if one := s.All[k.Caller.Session]; one == nil || !one.Open(everywhere, k.now) {
				return nil, domain.ErrSession
			}
			secret, err := k.secret(ctx, "session", k.factTime(head))
			if err != nil {
				return nil, err
			}
			return []any{domain.SessionRaised{Session: k.Caller.Session, SecretHash: hashSecret(secret), Level: domain.LevelOne,
				Methods: []domain.AuthMethod{domain.MethodPassword}}}, nil
		}}.by(ctx, k)
	if err != nil {
		return SignedIn{}, err
	}
	secret, err := k.secret(ctx, "session", out.facts[0].At)
	if err != nil {
		return SignedIn{}, err
	}
	session := out.state.All[k.Caller.Session]
	raised := SignedIn{Token: sessionToken{who.kind, who.id, month, session.Session, secret}.String(), Session: session.Session, Expires: session.Expires,
		Roles: who.roles}
	if who.account != nil {
		raised.Account, raised.Closing = who.account.ID, who.account.Erasure.UnderWay()
	}
	return raised, nil
}

// self is the caller as the holder of a password.
func (k *call) self(ctx context.Context) (holder, error) {
	id := k.Caller.Actor.ID.UUID
	if k.Caller.Actor.Kind == domain.ActorStaff {
		return holder{id: id, kind: domain.ActorStaff, secret: domain.StaffSecret(k.Caller.Staff), roles: k.Caller.Roles}, nil
	}
	account, err := k.account(ctx, k.Caller.Account)
	return holder{id: id, kind: domain.ActorPerson, secret: domain.AccountSecret(k.Caller.Account), account: account}, err
}
