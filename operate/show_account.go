package operate

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"accountledger/commands"
	"accountledger/domain"
)

// AccountShown is an account as it was at a given time. It is personal and prints as [personal]; what was erased is missing.
type AccountShown struct {
	// Record is the event that records the look.
	Record string       `json:"record"`
	At     time.Time    `json:"at"`
	State  AccountState `json:"state"`
	Events []ShownEvent `json:"events"` // the oldest first
}

// Format prints [personal] for every verb.
func (AccountShown) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("[personal]")) }

// LogValue logs [personal].
func (AccountShown) LogValue() slog.Value { return slog.StringValue("[personal]") }

// AccountState is an account as its events up to a given time left it.
type AccountState struct {
	ID string `json:"id"`
	// State is open, closing (an erasure was asked for or under way) or erased.
	State string `json:"state"`
	// Version is that of the last event of the account's own stream.
	Version     int64             `json:"version"`
	Opened      time.Time         `json:"opened"`
	Emails      []string          `json:"emails,omitzero"` // the oldest first
	BirthMonth  domain.Month      `json:"birth_month,omitzero"`
	Region      domain.Region     `json:"region"`
	Language    domain.Language   `json:"language"`
	Rules       domain.Rules      `json:"rules"`
	Capacity    domain.Capacity   `json:"capacity"`
	Permissions []PermissionState `json:"permissions"` // those that were decided on
	Devices     []DeviceState     `json:"devices"`
	Sessions    []SessionState    `json:"sessions"` // open ones, the newest first
	Erasure     *ErasureState     `json:"erasure,omitzero"`
}

// PermissionState is what was decided on a purpose of a permission.
type PermissionState struct {
	Permission domain.Permission `json:"permission"`
	Purpose    domain.Purpose    `json:"purpose"`
	State      domain.State      `json:"state"`
	Since      time.Time         `json:"since"`
	Event      string            `json:"event"` // the decision in force
}

// DeviceState is a linked device.
type DeviceState struct {
	ID     string            `json:"id"`
	Kind   domain.DeviceKind `json:"kind"`
	Model  string            `json:"model,omitzero"`
	Name   string            `json:"name,omitzero"`
	Linked time.Time         `json:"linked"`
}

// SessionState is an open session.
type SessionState struct {
	ID        string        `json:"id"`
	Began     time.Time     `json:"began"`
	Expires   time.Time     `json:"expires"`
	Address   string        `json:"address,omitzero"`
	UserAgent string        `json:"user_agent,omitzero"`
	Country   domain.Region `json:"country,omitzero"`
}

// ErasureState is how far the last erasure asked for had come.
type ErasureState struct {
	State     domain.ErasureState `json:"state"`
	Requested time.Time           `json:"requested"`
	Due       time.Time           `json:"due"`
	Ended     time.Time           `json:"ended,omitzero"`
}

// ShownEvent is one event: what happened, when, by whom and why. Details are the event's own fields, personal parts readable.
type ShownEvent struct {
	ID      string         `json:"id"`
	Type    string         `json:"type"`
	At      time.Time      `json:"at"`
	Stream  string         `json:"stream"`
	Version int64          `json:"version"`
	Actor   domain.Actor   `json:"actor"`
	Channel domain.Channel `json:"channel"`
	Purpose domain.Purpose `json:"purpose,omitzero"`
	Case    domain.CaseID  `json:"case,omitzero"`
	Details jsontext.Value `json:"details"`
}

func accountShown(in commands.AccountShown) AccountShown {
	out := AccountShown{Record: in.Record.String(), At: in.At, State: accountState(in), Events: make([]ShownEvent, len(in.Events))}
	for i, e := range in.Events {
		out.Events[i] = ShownEvent{ID: e.ID.String(), Type: e.Type, At: e.At, Stream: e.Stream, Version: e.Version, Actor: e.Actor, Channel: e.Channel,
			Purpose: e.Purpose, Case: e.Case, Details: e.Details}
	}
	return out
}

func accountState(in commands.AccountShown) AccountState {
	a := in.Account
	out := AccountState{ID: a.ID.String(), State: "open", Version: a.Version, Opened: a.OpenedFact.At, Emails: in.Emails, BirthMonth: in.BirthMonth,
		Region: a.Region, Language: a.Language, Rules: a.Rules, Capacity: a.Capacity,
		Permissions: permissionStates(a), Devices: []DeviceState{}, Sessions: []SessionState{}}
	switch {
	case a.Erasure.Done():
		out.State = "erased"
	case a.Erasure.UnderWay():
		out.State = "closing"
	}
	if e := a.Erasure; e.State != domain.ErasureNone {
		out.Erasure = &ErasureState{State: e.State, Requested: e.RequestedAt, Due: e.Due, Ended: e.EndedAt}
	}
	for _, d := range in.Devices {
		out.Devices = append(out.Devices, DeviceState{ID: d.ID.String(), Kind: d.Kind, Model: d.Model, Name: d.Name, Linked: d.Linked})
	}
	for _, s := range in.Sessions {
		out.Sessions = append(out.Sessions, SessionState{ID: s.ID.String(), Began: s.Began, Expires: s.Expires, Address: s.Client.Address,
			UserAgent: s.Client.UserAgent, Country: s.Client.Country})
	}
	return out
}

func permissionStates(a *domain.Account) []PermissionState {
	out := make([]PermissionState, 0, len(a.Permissions))
	for key, p := range a.Permissions {
		out = append(out, PermissionState{Permission: key.Permission, Purpose: key.Purpose, State: p.State, Since: p.At, Event: p.Event.String()})
	}
	slices.SortFunc(out, func(x, y PermissionState) int {
		return cmp.Or(cmp.Compare(x.Permission, y.Permission), cmp.Compare(x.Purpose, y.Purpose))
	})
	return out
}
