package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
)

type renameDeviceIn struct {
	Keyed
	ID   string `path:"id" format:"uuid" doc:"The device."`
	Body body[renameDeviceBody]
}

type renameDeviceBody struct {
	Name string `json:"name" format:"device-name" doc:"1 to 100 characters."`
}

// renameDevice renames one of a person's devices. Somebody else's is answered like one that does not exist.
func (a *API) renameDevice() {
	route(a, operation("renameDevice", "PATCH", "/v1/me/devices/{id}", "me", "Rename a device", "Only its name can change."), of(a.Menu.RenameDevice.May),
		func(ctx context.Context, r *ask, in *renameDeviceIn) (*answer[deviceAnswer], error) {
			id, err := pathID(in.ID)
			if err != nil {
				return nil, err
			}
			out, err := a.Menu.RenameDevice(ctx, r.Request, commands.RenameDevice{ID: domain.DeviceID{UUID: id}, Name: in.Body.value.Name})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, deviceOf(out.Value)), nil
		}, domain.ErrNotFound, domain.ErrChanges)
}
