package operate

import (
	"context"
	"strings"

	"accountledger/commands"
	"accountledger/domain"
)

// AddService connects a service and gives its key.
var AddService = &Operation[ServiceAdd, ServiceAdded]{
	Info: Info{Name: "service-add", Records: RecordedFirst, As: domain.OpServiceAdd},
	check: func(_ context.Context, _ *Ledger, in ServiceAdd) error {
		_, err := allowances(in.Allow)
		return err
	},
	do: addService,
}

// ServiceAdd is a service to connect.
type ServiceAdd struct {
	Name  string   `json:"name"`
	Allow []string `json:"allow"` // permission:purpose
}

// ServiceAdded is the answer; the key is shown once.
type ServiceAdded struct {
	Service string `json:"service"`
	Number  int    `json:"number"` // of the key
	Key     string `json:"key"`
}

func addService(ctx context.Context, c *call, in ServiceAdd) (ServiceAdded, error) {
	allowed, err := allowances(in.Allow)
	if err != nil {
		return ServiceAdded{}, err
	}
	a, err := c.Menu.AddService(ctx, c.request("addService"), commands.AddService{Name: domain.Slug(in.Name), Allowed: allowed})
	if err != nil {
		return ServiceAdded{}, err
	}
	return ServiceAdded{Service: a.Value.Service.String(), Number: a.Value.Number, Key: string(a.Value.Key)}, nil
}

// allowances reads permission:purpose.
func allowances(all []string) ([]domain.Allowance, error) {
	out := make([]domain.Allowance, 0, len(all))
	for _, s := range all {
		p, u, ok := strings.Cut(s, ":")
		if !ok {
			return nil, domain.ErrAllowed
		}
		out = append(out, domain.Allowance{Permission: domain.Permission(p), Purpose: domain.Purpose(u)})
	}
	return out, nil
}
