package commands

import (
	"context"

	"accountledger/domain"
	"accountledger/journal"
)

// Authenticate tells whose token it is: of a person, an officer, or a service. ErrSession when it is nobody's or
// no longer. It reads the streams as the leader has them, so an end of a session holds at once.
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

func (c *core) authenticateSession(ctx context.Context, t sessionToken) (domain.Caller, error) {
	caller := domain.Caller{Actor: domain.Actor{Kind: t.kind, ID: domain.ID[any]{UUID: t.owner}}, Session: t.session}
	everywhere := int64(-1)
	if t.kind == domain.ActorPerson {
		caller = t.person()
		account, _, err := c.account(ctx, caller.Account)
		if err != nil {
			return domain.Guest(), err
		}
		if !account.Exists() || account.Erasure.State == domain.ErasureRunning || account.Erasure.Done() {
			return domain.Guest(), domain.ErrSession
		}
		everywhere, caller.Closing = account.EverywhereAt, account.Erasure.UnderWay()
	} else {
		staff, err := c.staffState(ctx, domain.StaffID{UUID: t.owner})
		if err != nil {
			return domain.Guest(), err
		}
		caller.Staff, caller.Roles = domain.StaffID{UUID: t.owner}, staff.Roles
	}
	s, ok, err := c.session(ctx, domain.SessionsStream(t.owner, t.month), t.session)
	if err != nil {
		return domain.Guest(), err
	}
	if !ok || s.Owner != t.kind || !s.Valid(hashSecret(t.secret), everywhere, c.Now()) {
		return domain.Guest(), domain.ErrSession
	}
	return caller, nil
}

// person is the caller that a person's token names, if it is valid.
func (t sessionToken) person() domain.Caller {
	return domain.Caller{Actor: domain.Actor{Kind: domain.ActorPerson, ID: domain.ID[any]{UUID: t.owner}}, Account: domain.AccountID{UUID: t.owner}, Session: t.session}
}

func (c *core) staffState(ctx context.Context, id domain.StaffID) (*domain.Staff, error) {
	var copied domain.Staff
	err := c.officers.use(ctx, domain.StaffStream(id), func() *domain.Staff { return &domain.Staff{} }, func(s *domain.Staff, _ journal.Head) { copied = *s })
	return &copied, err
}

func (c *core) serviceState(ctx context.Context, id domain.ServiceID) (*domain.Service, error) {
	var copied domain.Service
	err := c.services.use(ctx, domain.ServiceStream(id), func() *domain.Service { return &domain.Service{} }, func(s *domain.Service, _ journal.Head) { copied = *s })
	return &copied, err
}

func (c *core) authenticateService(ctx context.Context, id domain.ServiceID, secret []byte) (domain.Caller, error) {
	s, err := c.serviceState(ctx, id)
	if err != nil {
		return domain.Guest(), err
	}
	if !s.Owns(hashSecret(secret)) {
		return domain.Guest(), domain.ErrServiceKey
	}
	return domain.Caller{Actor: domain.Actor{Kind: domain.ActorService, ID: domain.ID[any](id)}, Service: id}, nil
}
