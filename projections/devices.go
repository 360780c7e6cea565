package projections

import (
	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections/view"
)

type devices struct {
	account, kind, region view.KeywordField
	linked                view.TimeField
	model, name           view.SealedField
}

// Devices is one document for each device that is linked, by its id, for compliance. Model and name are carried sealed.
//
// An erasure names no devices and a document is changed by events that name it, so the devices of an erased
// person stay here, as opaque ids with a kind; model and name do not open any more, and view accounts says that the
// account is erased.
func Devices() Declaration {
	var f view.Fields
	v := devices{
		account: f.Keyword("account"), kind: f.Keyword("kind"), region: f.Keyword("region", view.Optional),
		linked: f.Time("linked"), model: f.Sealed("model", view.Optional), name: f.Sealed("name", view.Optional),
	}
	return Declaration{
		Schema: view.Schema{Name: "devices", Version: 1, Fields: f, Indexes: []view.Index{
			{"account", "-linked"}, {"kind", "-linked"}, {"-linked"}},
			Tallies: []view.Tally{{"kind", "linked"}}},
		Touches: v.touches,
		Reduce:  v.reduce,
	}
}

func (v devices) touches(r journal.Record) []string {
	switch e := r.Event.(type) {
	case domain.DeviceLinked:
		return []string{e.Device.String()}
	case domain.DeviceRenamed:
		return []string{e.Device.String()}
	case domain.DeviceUnlinked:
		return []string{e.Device.String()}
	}
	return nil
}

func (v devices) reduce(d *view.Document, r journal.Record) error {
	switch e := r.Event.(type) {
	case domain.DeviceLinked:
		v.account.Set(d, accountOf(&r.Fact))
		v.kind.Set(d, string(e.Kind))
		setKeyword(v.region, d, r.Region)
		v.linked.Set(d, r.At)
		setSealed(v.model, d, r.Fact, e.Model)
		setSealed(v.name, d, r.Fact, e.Name)
	case domain.DeviceRenamed:
		if !d.Deleted {
			v.name.Clear(d)
			setSealed(v.name, d, r.Fact, e.Name)
		}
	case domain.DeviceUnlinked:
		d.Delete()
	}
	return nil
}
