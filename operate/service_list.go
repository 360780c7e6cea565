package operate

import (
	"context"
	"time"

	"accountledger/domain"
	"accountledger/projections/view"
)

// ServiceInfo is a connected service, or one that was.
type ServiceInfo struct {
	ID      string              `json:"id"`
	Name    string              `json:"name"`
	State   domain.ServiceState `json:"state"`
	Since   time.Time           `json:"since"` // of the state
	Added   time.Time           `json:"added"`
	Allowed []string            `json:"allowed"` // permission:purpose
	Keys    []ServiceKeyInfo    `json:"keys"`    // the oldest first
}

// ServiceKeyInfo is one key of a service, never the key itself. Used is the last decision that was asked for with it, as far as the view
// accesses has come; zero if there was none, or the view cannot be asked here.
type ServiceKeyInfo struct {
	Number  int       `json:"number"`
	Created time.Time `json:"created"`
	Ended   time.Time `json:"ended,omitzero"`
	Used    time.Time `json:"used,omitzero"`
}

// ServiceList is all services that were ever connected, the oldest first.
type ServiceList struct {
	Services []ServiceInfo `json:"services"`
	// NoUse: when keys were used is not known, because the view accesses did not answer.
	NoUse bool `json:"no_use,omitzero"`
}

// ListServices lists services with their keys' last use. It shows nothing personal.
var ListServices = &Operation[None, ServiceList]{
	Info: Info{Name: "services"},
	do:   listServices,
}

func listServices(ctx context.Context, c *call, _ None) (ServiceList, error) {
	a, err := c.Menu.ListServices(ctx, c.request("listServices"), struct{}{})
	if err != nil {
		return ServiceList{}, err
	}
	out := ServiceList{Services: []ServiceInfo{}}
	for _, s := range a.Value {
		info := serviceInfo(s)
		for i := range info.Keys {
			if out.NoUse {
				break
			}
			if info.Keys[i].Used, err = c.used(ctx, info.ID, info.Keys[i].Number); err != nil {
				out.NoUse = true
			}
		}
		out.Services = append(out.Services, info)
	}
	return out, ctx.Err()
}

func serviceInfo(s domain.Service) ServiceInfo {
	out := ServiceInfo{ID: s.ID.String(), Name: string(s.Name), State: s.State, Since: s.Since, Added: s.Added}
	for _, a := range s.Allowed {
		out.Allowed = append(out.Allowed, string(a.Permission)+":"+string(a.Purpose))
	}
	for _, k := range s.Keys {
		out.Keys = append(out.Keys, ServiceKeyInfo{Number: k.Number, Created: k.Created, Ended: k.Ended})
	}
	return out
}

// used is when a key was last used for a decision; zero for never. The records of decisions say so: no use costs an event of its own.
func (l *Ledger) used(ctx context.Context, service string, key int) (time.Time, error) {
	r, _, err := l.Views.Query(ctx, "accesses", view.Query{Limit: 1, Sort: []view.Order{{Field: "at", Desc: true}},
		Filter: view.All(view.Compare("service", view.Eq, view.Text(service)), view.Compare("key", view.Eq, view.Whole(int64(key))))})
	schema, ok := l.Views.Schema("accesses")
	if err != nil || !ok || len(r.Documents) == 0 {
		return time.Time{}, err
	}
	return r.Documents[0].Values[schema.Field("at")].Time(), nil
}
