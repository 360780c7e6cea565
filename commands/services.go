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
	digest := k.keys.identifiers.MAC([]byte(spaceServices), []byte(in.Name))
	defer k.hold("reserve/" + spaceServices)() // from name to event: a name without an event looks like a crash's
	if err := k.reserve(ctx, digest, id.UUID, domain.ServiceStream(id), domain.ErrSlugTaken); err != nil {
		return ServiceAdded{}, err
	}
	secret, err := k.secret(ctx, "service", k.now)
	if err != nil {
		return ServiceAdded{}, err
	}
	out, err := change[*domain.Service]{stream: k.serviceStream(id), new: true, decide: func(_ context.Context, s *domain.Service, _ journal.Head) ([]any, error) {
		if s.Added != nil {
			return nil, domain.ErrSlugTaken
		}
		return []any{domain.ServiceAdded{Name: in.Name, KeyHash: hashSecret(secret), Allowed: in.Allowed}}, nil
	}}.by(ctx, k)
	if err != nil {
		return ServiceAdded{}, err
	}
	if secret, err = k.secret(ctx, "service", out.facts[0].At); err != nil { // the first request's, if this is a repeat
		return ServiceAdded{}, err
	}
	return ServiceAdded{Service: id, Key: idToken(servicePrefix, id.UUID, secret)}, nil
}
