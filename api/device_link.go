package api

import (
	"context"

	"accountledger/domain"
)

type linkDeviceIn struct {
	Keyed
	Body body[linkDeviceBody]
}

type linkDeviceBody struct {
	Kind  domain.DeviceKind `json:"kind" doc:"One of device_kinds in GET /v1/catalogue." example:"phone"`
	Model string            `json:"model" format:"device-model" doc:"1 to 100 characters. Stored encrypted."`
	Name  string            `json:"name" format:"device-name" doc:"Your name for it: 1 to 100 characters. Stored encrypted."`
}

// linkDevice links a device to a person's account.
func (a *API) linkDevice() {
	route(a, created(operation("linkDevice", "POST", "/v1/me/devices", "me", "Link a device", "At most 100 devices can be linked at a time.")),
		of(a.Menu.LinkDevice.May),
		func(ctx context.Context, r *ask, in *linkDeviceIn) (*answer[deviceAnswer], error) {
			b := in.Body.value
			out, err := a.Menu.LinkDevice(ctx, r.Request, domain.LinkDevice{Kind: b.Kind, Model: b.Model, Name: b.Name})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, deviceOf(out.Value)), nil
		}, domain.ErrTooMany, domain.ErrChanges)
}
