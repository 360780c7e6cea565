package domain

import (
	"bytes"
	"maps"
	"slices"
	"time"
)

// MaxDevices is how many devices can be linked at one time.
const MaxDevices = 100

// DeviceText is a device's model or the name its owner gave it. It is personal.
type DeviceText struct {
	Text string `json:"text"`
}

// DeviceLinked: a device was linked. Its kind is public; model and name are separate personal parts.
type DeviceLinked struct {
	Device DeviceID         `json:"device"`
	Kind   DeviceKind       `json:"kind"`
	First  First            `json:"first_of,omitzero"` // of the person's links of this kind
	Nth    Nth              `json:"nth"`               // the number of the account's link, of any kind; an unlinked device counts
	Cohort Month            `json:"cohort,omitzero"`   // in which the account was opened; on its first link
	Model  Part[DeviceText] `json:"device_model"`
	Name   Part[DeviceText] `json:"device_name"`
}

// DeviceRenamed: its owner renamed it.
type DeviceRenamed struct {
	Device DeviceID         `json:"device"`
	Name   Part[DeviceText] `json:"device_name"`
}

// DeviceUnlinked: it was unlinked; its key is destroyed.
type DeviceUnlinked struct {
	Device DeviceID   `json:"device"`
	Kind   DeviceKind `json:"kind"`
}

// Device is the state of a linked device.
type Device struct {
	DeviceLinked
	Fact     Fact
	Name     Part[DeviceText] // the latest
	NameFact Fact             // the event with that name
}

// DeviceIDs lists the linked devices in a stable order.
func (a *Account) DeviceIDs() []DeviceID {
	ids := slices.Collect(maps.Keys(a.Devices))
	slices.SortFunc(ids, func(x, y DeviceID) int { return bytes.Compare(x.UUID[:], y.UUID[:]) })
	return ids
}

// LinkDevice is a request to link a device. It goes from the API to the decision as it is.
type LinkDevice struct {
	ID    DeviceID   `json:"-"` // chosen by the command
	Kind  DeviceKind `json:"kind"`
	Model string     `json:"model"`
	Name  string     `json:"name"`
}

// LinkDevice decides on linking a device.
func (a *Account) LinkDevice(link LinkDevice, now time.Time) ([]any, error) {
	if err := a.Open(); err != nil {
		return nil, err
	}
	if link.Kind.Validate() != nil {
		return nil, ErrDeviceKind
	}
	model, ok := Text(link.Model)
	if !ok {
		return nil, ErrDeviceModel
	}
	name, ok := Text(link.Name)
	if !ok {
		return nil, ErrDeviceName
	}
	if len(a.Devices) >= MaxDevices {
		return nil, ErrTooMany
	}
	keys := []string{AccountKey(a.ID), DeviceKey(link.ID)}
	nth, cohort := a.nth(a.links)
	return []any{DeviceLinked{Device: link.ID, Kind: link.Kind, First: a.linked[link.Kind].first(dayNumber(a.when(now))), Nth: nth, Cohort: cohort,
		Model: Personal(DeviceText{model}, keys...), Name: Personal(DeviceText{name}, keys...)}}, nil
}

// RenameDevice decides on a new name for a device.
func (a *Account) RenameDevice(id DeviceID, name string) ([]any, error) {
	if err := a.Open(); err != nil {
		return nil, err
	}
	if a.Devices[id] == nil {
		return nil, ErrNotFound
	}
	text, ok := Text(name)
	if !ok {
		return nil, ErrDeviceName
	}
	return []any{DeviceRenamed{Device: id, Name: Personal(DeviceText{text}, AccountKey(a.ID), DeviceKey(id))}}, nil
}

// UnlinkDevice decides on unlinking a device.
func (a *Account) UnlinkDevice(id DeviceID) ([]any, error) {
	if err := a.Open(); err != nil {
		return nil, err
	}
	d := a.Devices[id]
	if d == nil {
		return nil, ErrNotFound
	}
	return []any{DeviceUnlinked{Device: id, Kind: d.Kind}}, nil
}
