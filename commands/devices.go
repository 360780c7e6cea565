package commands

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"accountledger/domain"
)

// Device is a linked device as its owner sees it.
type Device struct {
	ID     domain.DeviceID
	Kind   domain.DeviceKind
	Model  string
	Name   string
	Linked time.Time
}

// listDevices lists the caller's devices in the order they were linked.
func (k *call) listDevices(ctx context.Context, _ struct{}) ([]Device, error) {
	a, err := k.account(ctx, k.Caller.Account)
	if err != nil {
		return nil, err
	}
	var o opening
	out := devicesOf(&o, a, true, true)
	return out, o.open(ctx, k.Journal)
}

// devicesOf lists an account's devices in the order they were linked, and adds the parts to show.
func devicesOf(o *opening, a *domain.Account, models, names bool) []Device {
	linked := slices.SortedFunc(maps.Values(a.Devices), func(x, y *domain.Device) int {
		if c := x.Fact.At.Compare(y.Fact.At); c != 0 {
			return c
		}
		return strings.Compare(x.Device.String(), y.Device.String())
	})
	out := make([]Device, len(linked))
	for i, d := range linked {
		out[i] = deviceOf(o, d, models, names, &out[i])
	}
	return out
}

// deviceOf is a device as its owner sees it; its model and name are shown at a place once they are open.
func deviceOf(o *opening, d *domain.Device, models, names bool, at *Device) Device {
	if models {
		show(o, d.Fact, d.Model, func(t domain.DeviceText) { at.Model = t.Text })
	}
	if names {
		show(o, d.NameFact, d.Name, func(t domain.DeviceText) { at.Name = t.Text })
	}
	return Device{ID: d.Device, Kind: d.Kind, Linked: d.Fact.At}
}

func (k *call) deviceView(ctx context.Context, d *domain.Device) (v Device, err error) {
	var o opening
	v = deviceOf(&o, d, true, true, &v)
	err = o.open(ctx, k.Journal)
	return v, err
}

// linkDevice links a device to the caller's account.
func (k *call) linkDevice(ctx context.Context, in domain.LinkDevice) (Device, error) {
	id := domain.DeviceID{UUID: domain.Derive(k.command.UUID, "device")}
	out, err := k.change(ctx, k.Caller.Account, func(a *domain.Account) ([]any, error) {
		in.ID = id
		return a.LinkDevice(in, k.now)
	})
	if err != nil {
		return Device{}, err
	}
	f := out.facts[0]
	e := f.Event.(domain.DeviceLinked) // decided above
	return k.deviceView(ctx, &domain.Device{DeviceLinked: e, Fact: f, Name: e.Name, NameFact: f})
}

// RenameDevice renames one of the caller's devices.
type RenameDevice struct {
	ID   domain.DeviceID `json:"id"`
	Name string          `json:"name"`
}

func (k *call) renameDevice(ctx context.Context, in RenameDevice) (Device, error) {
	out, err := k.change(ctx, k.Caller.Account, func(a *domain.Account) ([]any, error) { return a.RenameDevice(in.ID, in.Name) })
	if err != nil {
		return Device{}, err
	}
	d := out.state.Devices[in.ID]
	if d == nil { // a repeat, and the device has been unlinked since
		return Device{}, domain.ErrNotFound
	}
	told := *d // with the name of the first request, even if there is a newer one
	told.NameFact = out.facts[0]
	told.Name = told.NameFact.Event.(domain.DeviceRenamed).Name // decided above
	return k.deviceView(ctx, &told)
}

// UnlinkDevice unlinks one of the caller's devices and destroys its key.
type UnlinkDevice struct {
	ID domain.DeviceID `json:"id"`
}

func (k *call) unlinkDevice(ctx context.Context, in UnlinkDevice) (struct{}, error) {
	_, err := k.change(ctx, k.Caller.Account, func(a *domain.Account) ([]any, error) { return a.UnlinkDevice(in.ID) })
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, k.Journal.Destroy(ctx, domain.DeviceKey(in.ID))
}

// SettleUnlinked destroys the key of an unlinked device if a crash left it.
type SettleUnlinked struct {
	Device domain.DeviceID `json:"device"`
}

func (k *call) settleUnlinked(ctx context.Context, in SettleUnlinked) (struct{}, error) {
	return struct{}{}, k.Journal.Destroy(ctx, domain.DeviceKey(in.Device))
}
