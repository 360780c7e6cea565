package operate

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
)

// ServiceAct is what can be done to a service.
type ServiceAct string

// Acts.
const (
	ServiceSuspend ServiceAct = "suspend"
	ServiceResume  ServiceAct = "resume"
	ServiceEnd     ServiceAct = "end"
	ServiceRename  ServiceAct = "rename"
	ServiceAllow   ServiceAct = "allow"
	ServiceKeyEnd  ServiceAct = "key_end"
)

// ServiceChange is an act on a service.
type ServiceChange struct {
	Service string     `json:"service"` // a name that it has or had
	Act     ServiceAct `json:"act"`
	Name    string     `json:"name,omitzero"`  // to rename it to
	Allow   []string   `json:"allow,omitzero"` // permission:purpose; all that it may ask for
	Key     int        `json:"key,omitzero"`   // to end
}

var errAct = &domain.Error{Kind: domain.Invalid, Code: "invalid_act", Message: "Nobody can do this to a service.", Field: "/act"}

// ChangeService changes a service; what it is already is no error. It is in force at once, in every process.
var ChangeService = &Operation[ServiceChange, ServiceInfo]{
	Info: Info{Name: "service-change", Records: RecordedFirst, As: domain.OpServiceChange},
	check: func(_ context.Context, _ *Ledger, in ServiceChange) error {
		if in.Act == ServiceAllow {
			_, err := allowances(in.Allow)
			return err
		}
		return nil
	},
	do: changeService,
}

func changeService(ctx context.Context, c *call, in ServiceChange) (ServiceInfo, error) {
	name := domain.Slug(in.Service)
	of := commands.OfService{Service: name}
	var a commands.Answer[domain.Service]
	var err error
	switch in.Act {
	case ServiceSuspend:
		a, err = c.Menu.SuspendService(ctx, c.request("suspendService"), of)
	case ServiceResume:
		a, err = c.Menu.ResumeService(ctx, c.request("resumeService"), of)
	case ServiceEnd:
		a, err = c.Menu.EndService(ctx, c.request("endService"), of)
	case ServiceRename:
		a, err = c.Menu.RenameService(ctx, c.request("renameService"), commands.RenameService{Service: name, Name: domain.Slug(in.Name)})
	case ServiceAllow:
		var allowed []domain.Allowance
		if allowed, err = allowances(in.Allow); err == nil {
			a, err = c.Menu.AllowService(ctx, c.request("allowService"), commands.AllowService{Service: name, Allowed: allowed})
		}
	case ServiceKeyEnd:
		a, err = c.Menu.EndServiceKey(ctx, c.request("endServiceKey"), commands.EndServiceKey{Service: name, Key: in.Key})
	default:
		err = errAct
	}
	if err != nil {
		return ServiceInfo{}, err
	}
	return serviceInfo(a.Value), nil
}

// AddServiceKey gives a service a second key, beside the one that it has.
var AddServiceKey = &Operation[ServiceNamed, ServiceAdded]{
	Info: Info{Name: "service-key-add", Records: RecordedFirst, As: domain.OpServiceChange},
	do: func(ctx context.Context, c *call, in ServiceNamed) (ServiceAdded, error) {
		a, err := c.Menu.AddServiceKey(ctx, c.request("addServiceKey"), commands.OfService{Service: domain.Slug(in.Service)})
		if err != nil {
			return ServiceAdded{}, err
		}
		return ServiceAdded{Service: a.Value.Service.String(), Number: a.Value.Number, Key: string(a.Value.Key)}, nil
	},
}

// ServiceNamed is a service by a name that it has or had.
type ServiceNamed struct {
	Service string `json:"service"`
}
