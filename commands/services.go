package commands

import (
	"context"

	"accountledger/domain"
	"accountledger/journal"
)

// AddService connects a service.
type AddService struct {
	Name    domain.Slug        `json:"name"`
	Allowed []domain.Allowance `json:"allowed"`
}

// ServiceAdded is the answer: the key is shown only here. A service added by a request that is repeated later than ten minutes after the
// first is answered with domain.ErrRepeatLate.
type ServiceAdded struct {
	Service domain.ServiceID
	Number  int // of the key
	Key     Token
}

func (k *call) addService(ctx context.Context, in AddService) (ServiceAdded, error) {
	id := domain.ServiceID{UUID: domain.Derive(k.command.UUID, "service")}
	return k.giveKey(ctx, id, func(s *domain.Services, key domain.Hash) ([]any, error) { return s.Add(id, in.Name, in.Allowed, key) })
}

// OfService names a service by a name that it has or had.
type OfService struct {
	Service domain.Slug `json:"service"`
}

func (k *call) addServiceKey(ctx context.Context, in OfService) (ServiceAdded, error) {
	id, err := k.serviceNamed(ctx, in.Service)
	if err != nil {
		return ServiceAdded{}, err
	}
	return k.giveKey(ctx, id, func(s *domain.Services, key domain.Hash) ([]any, error) { return s.AddKey(id, key) })
}

// giveKey makes a key and decides to give it to a service.
func (k *call) giveKey(ctx context.Context, id domain.ServiceID, decide func(*domain.Services, domain.Hash) ([]any, error)) (ServiceAdded, error) {
	secret, err := k.secret(ctx, "service", k.now)
	if err != nil {
		return ServiceAdded{}, err
	}
	out, err := change[*domain.Services]{stream: k.servicesStream(), decide: func(_ context.Context, s *domain.Services, _ journal.Head) ([]any, error) {
		return decide(s, hashSecret(secret))
	}}.by(ctx, k)
	if err != nil {
		return ServiceAdded{}, err
	}
	if secret, err = k.secret(ctx, "service", out.facts[0].At); err != nil { // the first request's, if this is a repeat
		return ServiceAdded{}, err
	}
	given := ServiceAdded{Service: id, Number: 1, Key: idToken(servicePrefix, id.UUID, secret)}
	if e, ok := out.facts[0].Event.(domain.ServiceKeyAdded); ok {
		given.Number = e.Key
	}
	return given, nil
}

// RenameService gives a service another name. The names it had stay its own.
type RenameService struct {
	Service domain.Slug `json:"service"`
	Name    domain.Slug `json:"name"`
}

func (k *call) renameService(ctx context.Context, in RenameService) (domain.Service, error) {
	return k.changeService(ctx, in.Service, func(s *domain.Services, id domain.ServiceID) ([]any, error) { return s.Rename(id, in.Name) })
}

// AllowService says all that a service may ask about from now on.
type AllowService struct {
	Service domain.Slug        `json:"service"`
	Allowed []domain.Allowance `json:"allowed"`
}

func (k *call) allowService(ctx context.Context, in AllowService) (domain.Service, error) {
	return k.changeService(ctx, in.Service, func(s *domain.Services, id domain.ServiceID) ([]any, error) { return s.Allow(id, in.Allowed) })
}

func (k *call) suspendService(ctx context.Context, in OfService) (domain.Service, error) {
	return k.changeService(ctx, in.Service, (*domain.Services).Suspend)
}

func (k *call) resumeService(ctx context.Context, in OfService) (domain.Service, error) {
	return k.changeService(ctx, in.Service, (*domain.Services).Resume)
}

func (k *call) endService(ctx context.Context, in OfService) (domain.Service, error) {
	return k.changeService(ctx, in.Service, (*domain.Services).End)
}

// EndServiceKey ends a key of a service by its number, even its only one.
type EndServiceKey struct {
	Service domain.Slug `json:"service"`
	Key     int         `json:"key"`
}

func (k *call) endServiceKey(ctx context.Context, in EndServiceKey) (domain.Service, error) {
	return k.changeService(ctx, in.Service, func(s *domain.Services, id domain.ServiceID) ([]any, error) { return s.EndKey(id, in.Key) })
}

// changeService changes a service, and returns it as it is then. What it is already is not recorded again. In every process the change is
// in force for whatever is asked after it is answered.
func (k *call) changeService(ctx context.Context, name domain.Slug, decide func(*domain.Services, domain.ServiceID) ([]any, error)) (domain.Service, error) {
	id, err := k.serviceNamed(ctx, name)
	if err != nil {
		return domain.Service{}, err
	}
	out, err := change[*domain.Services]{stream: k.servicesStream(), mayKeep: true,
		decide: func(_ context.Context, s *domain.Services, _ journal.Head) ([]any, error) { return decide(s, id) }}.by(ctx, k)
	if err != nil {
		return domain.Service{}, err
	}
	return *out.state.ByID(id), nil
}

func (k *call) serviceNamed(ctx context.Context, name domain.Slug) (domain.ServiceID, error) {
	all, err := stateOf(ctx, k.servicesStream())
	if err != nil {
		return domain.ServiceID{}, err
	}
	s := all.ByName(name)
	if s == nil {
		return domain.ServiceID{}, domain.ErrNoService
	}
	return s.ID, nil
}

func (k *call) listServices(ctx context.Context, _ struct{}) ([]domain.Service, error) {
	all, err := stateOf(ctx, k.servicesStream())
	if err != nil {
		return nil, err
	}
	out := make([]domain.Service, 0, len(all.All()))
	for _, s := range all.All() {
		out = append(out, *s)
	}
	return out, nil
}
