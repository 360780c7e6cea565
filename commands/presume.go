package commands

import (
	"context"
	"errors"
	"slices"

	"accountledger/domain"
)

// Presume authenticates a caller that this process has seen before from cached state, so that work on the request can start while
// the streams are read that confirm it. Until then nothing is appended for the request, and nothing may be answered: see
// Confirm. It needs a context made by Once.
type Presume func(ctx context.Context, token Token) (domain.Caller, bool)

// presumed is a caller waiting to be confirmed.
type presumed struct {
	caller domain.Caller
	done   chan struct{}
	now    domain.Caller
	err    error
}

func (c *core) presume(ctx context.Context, token Token) (domain.Caller, bool) {
	r := readsOf(ctx)
	if r == nil || c.near { // then authenticating first costs next to nothing
		return domain.Guest(), false
	}
	if t, ok := parseSessionToken(token); ok {
		caller, known := c.knownSession(t)
		if known {
			r.presume(caller, func() (domain.Caller, error) { return c.authenticateSession(ctx, t) })
		}
		return caller, known
	}
	if uid, secret, ok := parseIDToken(servicePrefix, token); ok {
		id := domain.ServiceID{UUID: uid}
		caller, known := c.knownService(id, secret)
		if known {
			r.presume(caller, func() (domain.Caller, error) { return c.authenticateService(ctx, id, secret) })
		}
		return caller, known
	}
	return domain.Guest(), false
}

// presume notes a caller and starts to authenticate them.
func (r *reads) presume(caller domain.Caller, authenticate func() (domain.Caller, error)) {
	p := &presumed{caller: caller, done: make(chan struct{})}
	r.presumed = p
	go func() {
		defer close(p.done)
		p.err = caught(func() (err error) {
			p.now, err = authenticate()
			return refusal(err)
		})
	}()
}

// errMoved: the caller is not who they were presumed to be, such as an officer whose role has ended.
var errMoved = errors.New("commands: the caller's standing has changed")

// Confirm waits until the caller is confirmed, and returns them; a caller that was not presumed is returned as is. If they differ
// from the presumed caller, same is false: the result so far is not for them, and the request must be run again. From then
// on they count as confirmed.
func Confirm(ctx context.Context, caller domain.Caller) (now domain.Caller, same bool, err error) {
	p := presumedFor(ctx)
	if p == nil {
		return caller, true, nil
	}
	<-p.done // it ends with the request
	rethrow(p.err)
	if p.err != nil {
		return domain.Guest(), false, p.err
	}
	same = sameCaller(p.now, p.caller)
	p.caller = p.now
	return p.now, same, nil
}

// confirmed returns an error if the caller is not who they were presumed to be.
func confirmed(ctx context.Context) error {
	p := presumedFor(ctx)
	if p == nil {
		return nil
	}
	<-p.done
	rethrow(p.err)
	if p.err == nil && !sameCaller(p.now, p.caller) {
		return errMoved
	}
	return p.err
}

func presumedFor(ctx context.Context) *presumed {
	if r := readsOf(ctx); r != nil {
		return r.presumed
	}
	return nil
}

func sameCaller(a, b domain.Caller) bool {
	return a.Actor == b.Actor && a.Account == b.Account && a.Staff == b.Staff && a.Service == b.Service && a.Key == b.Key && a.Session == b.Session &&
		a.Closing == b.Closing && a.Level == b.Level && a.Reach == b.Reach && a.UID == b.UID && slices.Equal(a.Roles, b.Roles)
}
