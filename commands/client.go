package commands

import (
	"context"
	"slices"

	"accountledger/domain"
	"accountledger/journal"
)

// from is the client that somebody signs in with.
type from struct {
	secret []byte // by which it is known from now on
	isNew  bool   // it was not known of the owner before
	other  bool   // the owner has signed in with another one before
}

// clientInfo is what is kept of the client that signs in.
func (k *call) clientInfo() domain.ClientInfo {
	c := k.Client
	if c.Country = ""; k.Country != nil {
		c.Country = k.Country(c.Address)
	}
	return c
}

// unusual says why the sign-in is unusual, with the reasons that were found before.
func (f from) unusual(before []domain.Unusual) []domain.Unusual {
	switch {
	case !f.isNew:
		return nil
	case f.other && !slices.Contains(before, domain.UnusualClient):
		return append([]domain.Unusual{domain.UnusualClient}, before...)
	}
	return before
}

// clientOf finds the client by the secret that it sent, or makes it known by another one: a secret that somebody else chose is never
// taken. The new one derives from the command, so a repeat gets it too.
func (k *call) clientOf(ctx context.Context, who holder, a about, sent []byte) (from, error) {
	known, err := k.knowsClient(ctx, who, sent)
	if err != nil || known {
		return from{secret: sent}, err
	}
	f := from{isNew: true}
	if k.Channel == domain.ChannelConsole { // a command keeps no token
		return f, nil
	}
	out, err := change[*domain.Clients]{stream: k.clientsStream(who.id), about: concerning[*domain.Clients](a), mayKeep: true,
		decide: func(ctx context.Context, c *domain.Clients, head journal.Head) ([]any, error) {
			var err error
			if f.secret, err = k.secret(ctx, "client", k.factTime(head)); err != nil {
				return nil, err
			}
			return c.Learn(domain.ClientKnown{Client: hashClient(who.id, f.secret), OwnerAt: who.ownerAt}), nil
		}}.by(ctx, k)
	if err != nil {
		return from{}, err
	}
	if out.repeat {
		if f.secret, err = k.secret(ctx, "client", out.facts[0].At); err != nil {
			return from{}, err
		}
	}
	f.other = out.state.Other(hashClient(who.id, f.secret))
	return f, nil
}

// knowsClient reports whether a client is known of an owner now.
func (k *call) knowsClient(ctx context.Context, who holder, sent []byte) (bool, error) {
	clients, err := stateOf(ctx, k.clientsStream(who.id))
	if err != nil {
		return false, err
	}
	everywhere := int64(-1)
	if who.account != nil {
		everywhere = who.account.EverywhereAt
	}
	return clients.Known(hashClient(who.id, sent), everywhere, k.now), nil
}
