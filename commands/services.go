package commands

import (
	"context"

	"accountledger/domain"
	"accountledger/journal"
)

// AddService connects a service. It is an operator's command.
type AddService struct {
	Name    domain.Slug        `json:"name"`
	Allowed []domain.Allowance `json:"allowed"`
}

// ServiceAdded is the answer: the key is shown only here.
type ServiceAdded struct {
	Service domain.ServiceID
	Key     Token
}

func (k *call) addService(ctx context.Context, in AddService) (ServiceAdded, error) {
	if in.Name.Validate() != nil {
		return ServiceAdded{}, domain.ErrSlug
	}
	if len(in.Allowed) == 0 {
		return ServiceAdded{}, domain.ErrAllowed
	}
	for _, a := range in.Allowed {
		p, ok := domain.TheCatalogue().Permission(a.Permission)
		if !ok {
			return ServiceAdded{}, domain.ErrAllowed
		}
		if _, ok := p.Purpose(a.Purpose); !ok {
			return ServiceAdded{}, domain.ErrAllowed
		}
	}
	id := domain.ServiceID{UUID: domain.Derive(k.command.UUID, "service")}
	stream := domain.ServiceStream(id)
	digest := k.keys.identifiers.MAC([]byte(spaceServices), []byte(in.Name))
	defer k.streams.hold("reserve/" + spaceServices)() // from name to event: a name without an event looks like a crash's
	if err := k.reserve(ctx, digest, id.UUID, stream, domain.ErrSlugTaken); err != nil {
		return ServiceAdded{}, err
	}
	secret, err := k.secret(ctx, "service", k.now)
	if err != nil {
		return ServiceAdded{}, err
	}
	entries, err := k.entries(ctx, journal.NoStream(stream), about{}, domain.ServiceAdded{Name: in.Name, KeyHash: hashSecret(secret), Allowed: in.Allowed})
	if err != nil {
		return ServiceAdded{}, err
	}
	facts, err := k.commit(ctx, journal.NoStream(stream), entries)
	if err != nil {
		return ServiceAdded{}, err
	}
	if secret, err = k.secret(ctx, "service", facts[0].At); err != nil { // the first request's, if this is a repeat
		return ServiceAdded{}, err
	}
	return ServiceAdded{Service: id, Key: idToken(servicePrefix, id.UUID, secret)}, nil
}
