package commands

import (
	"context"
	"slices"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passwords"
)

// Raise proves again who the caller is, as surely as they can, for what asks for a fresh proof.
type Raise struct {
	Evidence Evidence `json:"-"`
}

// raise gives the caller's session a fresh proof and another token; the old one ends at once. Whoever has a second factor proves it: the session
// stands for the first. What is wrong is limited by the session, apart from what is wrong at sign-in: a stolen token allows neither
// unlimited guesses nor locking the owner out.
func (k *call) raise(ctx context.Context, in Raise) (SignedIn, error) {
	method, err := in.Evidence.method()
	if err != nil {
		return SignedIn{}, err
	}
	k.bind(in.Evidence.credential())
	month, err := k.ownMonth(ctx)
	if err != nil {
		return SignedIn{}, err
	}
	who, err := k.self(ctx)
	if err != nil {
		return SignedIn{}, err
	}
	level := domain.LevelOne
	switch {
	case !slices.Contains(who.ways(), method):
		return SignedIn{}, domain.ErrNotAWay
	case method == domain.MethodPassword:
		err = k.proveSelf(ctx, who, in.Evidence.Password, domain.ErrPassword)
	default:
		level = domain.LevelTwo
		err = k.useFactor(ctx, who.account, in.Evidence, method, factorUse{domain.UseRaise, k.Caller.Session.UUID[:],
			[][]byte{[]byte("in"), k.Caller.Session.UUID[:]}})
	}
	if err != nil {
		return SignedIn{}, err
	}
	return k.renewSession(ctx, month, who, level, method, func(one *domain.Session) (ownerAt int64, err error) {
		everywhere, err := k.everywhereAt(ctx)
		if err == nil && !one.Open(everywhere, k.now) {
			err = domain.ErrSession
		}
		return one.OwnerAt, err
	})
}

// ownMonth is the month in which the caller's session started.
func (k *call) ownMonth(ctx context.Context) (domain.Month, error) {
	months, err := k.eachMonth(ctx)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(months, func(m monthSessions) bool { return m.all.All[k.Caller.Session] != nil })
	if at < 0 {
		return "", domain.ErrSession
	}
	return months[at].month, nil
}

// proveSelf checks the password of the caller, who has a session. Wrong ones are limited by it.
func (k *call) proveSelf(ctx context.Context, who holder, p passwords.Password, refusal error) error {
	counters, err := k.counters(ctx, limit{domain.AttemptRaise, k.Config.Limits.Raises, [][]byte{k.Caller.Session.UUID[:]}})
	if err != nil {
		return err
	}
	return k.proven(k.turn(ctx, passwords.Known), who, p, refusal, counters, nil)
}

// renewSession gives the caller's session a fresh proof of a level, by a method, and another token. may says from which version of the owner's
// stream on it can be ended, or refuses.
func (k *call) renewSession(ctx context.Context, month domain.Month, who holder, level domain.Level, method domain.AuthMethod,
	may func(*domain.Session) (ownerAt int64, err error)) (SignedIn, error) {
	a := about{}
	if who.account != nil {
		a = ofAccount(who.account)
	}
	out, err := change[*domain.Sessions]{stream: k.ownSessions(month), about: concerning[*domain.Sessions](a),
		decide: func(ctx context.Context, s *domain.Sessions, head journal.Head) ([]any, error) {
			one := s.All[k.Caller.Session]
			if one == nil {
				return nil, domain.ErrSession
			}
			ownerAt, err := may(one)
			if err != nil {
				return nil, err
			}
			secret, err := k.secret(ctx, "session", k.factTime(head))
			if err != nil {
				return nil, err
			}
			return []any{domain.SessionRaised{Session: k.Caller.Session, SecretHash: hashSecret(secret), Level: level,
				Methods: []domain.AuthMethod{method}, OwnerAt: ownerAt}}, nil
		}}.by(ctx, k)
	if err != nil {
		return SignedIn{}, err
	}
	secret, err := k.secret(ctx, "session", out.facts[0].At)
	if err != nil {
		return SignedIn{}, err
	}
	return who.signedIn(month, k.Caller.Session, secret, out.state.All[k.Caller.Session].Expires), nil
}

// ways are the methods by which the holder, who has a session, proves again as surely as they can who they are.
func (who holder) ways() []domain.AuthMethod {
	if who.account == nil {
		return domain.PasswordAlone()
	}
	return who.account.Ways()
}

// self is the caller as the holder of a password.
func (k *call) self(ctx context.Context) (holder, error) {
	id := k.Caller.Actor.ID.UUID
	if k.Caller.Actor.Kind == domain.ActorStaff {
		return holder{id: id, kind: domain.ActorStaff, secret: domain.StaffSecret(k.Caller.Staff), roles: k.Caller.Roles}, nil
	}
	account, err := k.account(ctx, k.Caller.Account)
	return holder{id: id, kind: domain.ActorPerson, account: account}, err
}
