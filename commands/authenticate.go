package commands

import (
	"context"
	"time"

	"accountledger/domain"
)

// Authenticate returns the caller a token belongs to: a person, an officer or a service. ErrSession or ErrServiceKey if it is not,
// or no longer, valid. It reads the streams as the leader has them, so the end of a session takes effect at once.
type Authenticate func(ctx context.Context, token Token) (domain.Caller, error)

func (c *core) authenticate(ctx context.Context, token Token) (domain.Caller, error) {
	if t, ok := parseSessionToken(token); ok {
		caller, err := c.authenticateSession(ctx, t)
		return caller, refusal(err)
	}
	if id, secret, ok := parseIDToken(servicePrefix, token); ok {
		caller, err := c.authenticateService(ctx, domain.ServiceID{UUID: id}, secret)
		return caller, refusal(err)
	}
	return domain.Guest(), domain.ErrSession
}

// authenticateSession reads the owner's stream and the session's concurrently.
func (c *core) authenticateSession(ctx context.Context, t sessionToken) (domain.Caller, error) {
	var owner standing
	var session domain.Session
	if err := c.beside(ctx, func(ctx context.Context) (err error) {
		owner, err = c.standing(ctx, t)
		return err
	}, func(ctx context.Context) (err error) {
		session, err = c.session(ctx, t.owner, t.month, t.session)
		return err
	}); err != nil {
		return domain.Guest(), err
	}
	now := c.Now()
	caller, err := t.caller(owner, session, now)
	if err == nil && session.Unseen(now) {
		c.see(ctx, t, caller, now)
	}
	return caller, err
}

// standing is what an owner's stream says about their sessions.
type standing struct {
	gone, closing bool
	everywhere    int64
	roles         []domain.Role
	reach         domain.Level
	ways          []domain.AuthMethod
}

func (c *core) standing(ctx context.Context, t sessionToken) (s standing, err error) {
	if t.kind == domain.ActorStaff {
		staff, err := stateOf(ctx, c.staffStream(domain.StaffID{UUID: t.owner}))
		if err != nil {
			return s, err
		}
		return standingOfStaff(staff), nil
	}
	a, err := c.account(ctx, domain.AccountID{UUID: t.owner})
	if err != nil {
		return s, err
	}
	return standingOf(a), nil
}

func standingOf(a *domain.Account) standing {
	return standing{gone: !a.Exists() || a.Erasure.State == domain.ErasureRunning || a.Erasure.Done(),
		closing: a.Erasure.UnderWay(), everywhere: a.EverywhereAt, reach: a.Reach(), ways: a.Ways()}
}

func standingOfStaff(s *domain.Staff) standing {
	return standing{gone: s.State() != domain.StaffActive, everywhere: s.EverywhereAt, roles: s.Roles,
		reach: domain.LevelOne, ways: domain.PasswordAlone()}
}

// knownService authenticates a service by its cached state, without reading the stream.
func (c *core) knownService(id domain.ServiceID, secret []byte) (domain.Caller, bool) {
	all, known := c.servicesStream().cached()
	if !known {
		return domain.Guest(), false
	}
	caller, err := serviceCaller(all, id, secret)
	return caller, err == nil
}

// knownSession authenticates a session by cached states, without reading their streams.
func (c *core) knownSession(t sessionToken) (_ domain.Caller, ok bool) {
	var owner standing
	if t.kind == domain.ActorStaff {
		var staff *domain.Staff
		if staff, ok = c.staffStream(domain.StaffID{UUID: t.owner}).cached(); ok {
			owner = standingOfStaff(staff)
		}
	} else {
		var account *domain.Account
		if account, ok = c.accountStream(domain.AccountID{UUID: t.owner}).cached(); ok {
			owner = standingOf(account)
		}
	}
	month, known := c.sessionsStream(t.owner, t.month).cached()
	if !ok || !known || month.All[t.session] == nil {
		return domain.Guest(), false
	}
	caller, err := t.caller(owner, *month.All[t.session], c.Now())
	return caller, err == nil
}

// caller is the token's owner, if its session is open.
func (t sessionToken) caller(owner standing, s domain.Session, now time.Time) (domain.Caller, error) {
	if owner.gone || s.Owner != t.kind || !s.Valid(hashSecret(t.secret), owner.everywhere, now) {
		return domain.Guest(), domain.ErrSession
	}
	caller := t.person()
	if t.kind == domain.ActorStaff {
		caller = domain.Caller{Actor: domain.Actor{Kind: t.kind, ID: domain.ID[any]{UUID: t.owner}}, Session: t.session,
			Staff: domain.StaffID{UUID: t.owner}, Roles: owner.roles}
	}
	caller.Closing, caller.Level, caller.ProofAge = owner.closing, s.Level, now.Sub(s.ProvedAt)
	caller.Reach, caller.Ways = owner.reach, owner.ways
	return caller, nil
}

// person is the caller named by a person's token, provided it is valid.
func (t sessionToken) person() domain.Caller {
	return domain.Caller{Actor: domain.Actor{Kind: domain.ActorPerson, ID: domain.ID[any]{UUID: t.owner}},
		Account: domain.AccountID{UUID: t.owner}, Session: t.session}
}

func (c *core) authenticateService(ctx context.Context, id domain.ServiceID, secret []byte) (domain.Caller, error) {
	all, err := stateOf(ctx, c.servicesStream())
	if err != nil {
		return domain.Guest(), err
	}
	return serviceCaller(all, id, secret)
}

// serviceCaller is the service that a key is of, suspended or not. A key that has ended is nobody's.
func serviceCaller(all *domain.Services, id domain.ServiceID, secret []byte) (domain.Caller, error) {
	if s := all.ByID(id); s != nil {
		if key := s.Owner(hashSecret(secret)); key > 0 {
			return domain.Caller{Actor: domain.Actor{Kind: domain.ActorService, ID: domain.ID[any](id)}, Service: id, Key: key}, nil
		}
	}
	return domain.Guest(), domain.ErrServiceKey
}
