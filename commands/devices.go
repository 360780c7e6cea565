package commands

import (
	"context"
	"slices"
	"strings"
	"time"

	"accountledger/domain"
	"accountledger/journal"
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
	a, _, err := k.account(ctx, k.Caller.Account)
	if err != nil {
		return nil, err
	}
	out := make([]Device, 0, len(a.Devices))
	for _, d := range a.Devices {
		v, err := k.deviceView(ctx, d)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	slices.SortFunc(out, func(x, y Device) int {
		if c := x.Linked.Compare(y.Linked); c != 0 {
			return c
		}
		return strings.Compare(x.ID.String(), y.ID.String())
	})
	return out, nil
}

func (k *call) deviceView(ctx context.Context, d *domain.Device) (Device, error) {
	model, err := journal.Open(ctx, k.Journal, d.Fact, d.Model)
	if err = ignoreUnreadable(err); err != nil {
		return Device{}, err
	}
	name, err := journal.Open(ctx, k.Journal, d.NameFact, d.Name)
	if err = ignoreUnreadable(err); err != nil {
		return Device{}, err
	}
	return Device{ID: d.Device, Kind: d.Kind, Model: model.Text, Name: name.Text, Linked: d.Fact.At}, nil
}

// LinkDevice links a device to the caller's account.
type LinkDevice struct {
	Kind  domain.DeviceKind `json:"kind"`
	Model string            `json:"model"`
	Name  string            `json:"name"`
}

func (k *call) linkDevice(ctx context.Context, in LinkDevice) (Device, error) {
	id := domain.DeviceID{UUID: domain.Derive(k.command.UUID, "device")}
	_, facts, err := k.change(ctx, k.Caller.Account, func(a *domain.Account) ([]any, error) {
		return a.LinkDevice(domain.LinkDevice{ID: id, Kind: in.Kind, Model: in.Model, Name: in.Name}, k.now)
	})
	if err != nil {
		return Device{}, err
	}
	e := facts[0].Event.(domain.DeviceLinked) //nolint:forcetypeassert // decided above
	return k.deviceView(ctx, &domain.Device{DeviceLinked: e, Fact: facts[0], Name: e.Name, NameFact: facts[0]})
}

// RenameDevice renames one of the caller's devices.
type RenameDevice struct {
	ID   domain.DeviceID `json:"id"`
	Name string          `json:"name"`
}

func (k *call) renameDevice(ctx context.Context, in RenameDevice) (Device, error) {
	a, facts, err := k.change(ctx, k.Caller.Account, func(a *domain.Account) ([]any, error) { return a.RenameDevice(in.ID, in.Name) })
	if err != nil {
		return Device{}, err
	}
	d := a.Devices[in.ID]
	if d == nil { // a repeat, and the device has been unlinked since
		return Device{}, domain.ErrNotFound
	}
	e := facts[0].Event.(domain.DeviceRenamed) //nolint:forcetypeassert // decided above
	d.Name, d.NameFact = e.Name, facts[0]
	return k.deviceView(ctx, d)
}

// UnlinkDevice unlinks one of the caller's devices and destroys its key.
type UnlinkDevice struct {
	ID domain.DeviceID `json:"id"`
}

func (k *call) unlinkDevice(ctx context.Context, in UnlinkDevice) (struct{}, error) {
	_, _, err := k.change(ctx, k.Caller.Account, func(a *domain.Account) ([]any, error) { return a.UnlinkDevice(in.ID) })
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
