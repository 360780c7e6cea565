package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
)

type unlinkDeviceIn struct {
	Keyed
	ID string `path:"id" format:"uuid" doc:"The device."`
}

// unlinkDevice unlinks one of a person's devices; afterwards nobody can read its model and name.
func (a *API) unlinkDevice() {
	route(a, operation("unlinkDevice", "DELETE", "/v1/me/devices/{id}", "me", "Unlink a device", "The key that encrypts its model and name is destroyed."),
		of(a.Menu.UnlinkDevice.May),
		func(ctx context.Context, r *ask, in *unlinkDeviceIn) (*done, error) {
			id, err := pathID(in.ID)
			if err != nil {
				return nil, err
			}
			out, err := a.Menu.UnlinkDevice(ctx, r.Request, commands.UnlinkDevice{ID: domain.DeviceID{UUID: id}})
			if err != nil {
				return nil, err
			}
			return &done{Positioned{a.sealPosition(out.Position)}}, nil
		}, domain.ErrNotFound, domain.ErrChanges)
}
