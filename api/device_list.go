package api

import (
	"context"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
)

type devicesAnswer struct {
	Devices []deviceAnswer `json:"devices"`
}

type deviceAnswer struct {
	ID       domain.DeviceID   `json:"id" format:"uuid"`
	Kind     domain.DeviceKind `json:"kind" example:"phone"`
	Model    string            `json:"model,omitzero"`
	Name     string            `json:"name,omitzero"`
	LinkedAt time.Time         `json:"linked_at"`
}

func deviceOf(d commands.Device) deviceAnswer {
	return deviceAnswer{d.ID, d.Kind, d.Model, d.Name, d.Linked}
}

func devicesOf(all []commands.Device) []deviceAnswer {
	out := make([]deviceAnswer, len(all))
	for i, d := range all {
		out[i] = deviceOf(d)
	}
	return out
}

// listDevices lists a person's devices in the order they were linked.
func (a *API) listDevices() {
	route(a, operation("listDevices", "GET", "/v1/me/devices", "me", "List your devices", "In the order they were linked."), of(a.Menu.ListDevices.May),
		func(ctx context.Context, r *ask, _ *struct{}) (*answer[devicesAnswer], error) {
			out, err := a.Menu.ListDevices(ctx, r.Request, struct{}{})
			if err != nil {
				return nil, err
			}
			return reply(a, journal.Position{}, devicesAnswer{devicesOf(out.Value)}), nil
		})
}
