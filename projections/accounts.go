package projections

import (
	"errors"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections/view"
)

// States of an account in the view.
const (
	AccountOpen    = "open"
	AccountClosing = "closing" // an erasure was requested or is under way
	AccountErased  = "erased"
)

var errNotOpened = errors.New("an event of an account that was never opened")

type accounts struct {
	region, language, capacity, state view.KeywordField
	rules, devices, granted           view.NumberField
	opened, erasureDue, erased        view.TimeField
	email, birth                      view.SealedField
}

// Accounts is one document for each account, by its id, for compliance. E-mail address and month of birth are
// carried sealed. An erased account's document stays, without them: that there was one, and when it went, is no secret
// of the person's.
func Accounts() Declaration {
	var f view.Fields
	v := accounts{
		region: f.Keyword("region", view.Optional), language: f.Keyword("language"), capacity: f.Keyword("capacity"),
		state: f.Keyword("state"), rules: f.Number("rules_version"), opened: f.Time("opened"),
		devices: f.Number("devices"), granted: f.Number("granted"),
		erasureDue: f.Time("erasure_due", view.Optional), erased: f.Time("erased", view.Optional),
		email: f.Sealed("email", view.Optional), birth: f.Sealed("birth_month", view.Optional),
	}
	return Declaration{
		Schema: view.Schema{Name: "accounts", Version: 1, Fields: f, Indexes: []view.Index{
			{"-opened"}, {"region", "-opened"}, {"state", "-opened"}},
			Tallies: []view.Tally{{"region", "opened"}, {"opened"}, {"region", "state"}}},
		Touches: v.touches,
		Begins:  v.begins,
		Reduce:  v.reduce,
	}
}

func (v accounts) touches(r journal.Record) []string {
	switch r.Event.(type) {
	case domain.AccountOpened, domain.AccountCapacityDecided, domain.PermissionGranted, domain.PermissionWithdrawn,
		domain.DeviceLinked, domain.DeviceUnlinked,
		domain.ErasureRequested, domain.ErasureCancelled, domain.ErasureStarted, domain.ErasureCompleted:
		if id := accountOf(&r.Fact); id != "" {
			return []string{id}
		}
	}
	return nil
}

func (v accounts) begins(r journal.Record) string {
	if _, ok := r.Event.(domain.AccountOpened); ok {
		return accountOf(&r.Fact)
	}
	return ""
}

func (v accounts) reduce(d *view.Document, r journal.Record) error {
	if e, ok := r.Event.(domain.AccountOpened); ok {
		v.open(d, r.Fact, e)
		return nil
	}
	if d.Deleted {
		return errNotOpened
	}
	switch e := r.Event.(type) {
	case domain.AccountCapacityDecided:
		v.capacity.Set(d, string(e.Capacity))
		v.rules.Set(d, int64(e.Rules.Version))
	case domain.PermissionGranted:
		if e.Previous != domain.StateGranted {
			v.granted.Add(d, 1)
		}
	case domain.PermissionWithdrawn:
		if e.Previous == domain.StateGranted {
			v.granted.Add(d, -1)
		}
	case domain.DeviceLinked:
		v.devices.Add(d, 1)
	case domain.DeviceUnlinked:
		v.devices.Add(d, -1)
	default:
		v.erase(d, r.Fact)
	}
	return nil
}

func (v accounts) open(d *view.Document, f domain.Fact, e domain.AccountOpened) {
	setKeyword(v.region, d, f.Region)
	v.language.Set(d, string(e.Language))
	v.capacity.Set(d, string(e.Capacity))
	v.rules.Set(d, int64(e.Rules.Version))
	v.state.Set(d, AccountOpen)
	v.opened.Set(d, f.At)
	v.devices.Set(d, 0)
	v.granted.Set(d, 0)
	setSealed(v.email, d, f, e.Contact)
	setSealed(v.birth, d, f, e.Birth)
}

func (v accounts) erase(d *view.Document, f domain.Fact) {
	switch e := f.Event.(type) {
	case domain.ErasureRequested:
		v.state.Set(d, AccountClosing)
		v.erasureDue.Set(d, e.Due)
	case domain.ErasureCancelled:
		v.state.Set(d, AccountOpen)
		v.erasureDue.Clear(d)
	case domain.ErasureStarted:
		v.state.Set(d, AccountClosing)
	case domain.ErasureCompleted:
		v.state.Set(d, AccountErased)
		v.erased.Set(d, f.At)
		v.erasureDue.Clear(d)
		v.email.Clear(d)
		v.birth.Clear(d)
		v.devices.Set(d, 0)
		v.granted.Set(d, 0)
	}
}
