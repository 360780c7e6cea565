package projections

import (
	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections/view"
)

type permissions struct {
	account, permission, purpose, state, region, language, basis, method, event, notice view.KeywordField
	noticeVersion                                                                       view.NumberField
	since                                                                               view.TimeField
}

// Permissions is one document for each purpose of a permission that a person decided on, by account/permission/purpose,
// for compliance: the decision in force and what it rests on. It stays after an erasure, as the proof that
// what was done was allowed; the state of the account tells that nothing is allowed any more. Whether a grant counts also
// depends on the notices published since, which whoever reads it compares with notice_version.
func Permissions() Declaration {
	var f view.Fields
	v := permissions{
		account: f.Keyword("account"), permission: f.Keyword("permission"), purpose: f.Keyword("purpose"),
		state: f.Keyword("state"), region: f.Keyword("region", view.Optional),
		noticeVersion: f.Number("notice_version", view.Optional), notice: f.Keyword("notice", view.Optional),
		language: f.Keyword("language", view.Optional), basis: f.Keyword("legal_basis"), method: f.Keyword("method"),
		since: f.Time("since"), event: f.Keyword("event"),
	}
	return Declaration{
		Schema: view.Schema{Name: "permissions", Version: 1, Fields: f, Indexes: []view.Index{
			{"account", "permission"}, {"permission", "purpose", "state", "-since"}, {"-since"}},
			Tallies: []view.Tally{{"permission", "purpose", "state"}, {"since"}}},
		Touches: func(r journal.Record) []string {
			d, _, ok := decision(r.Event)
			if id := accountOf(&r.Fact); ok && id != "" {
				return []string{id + "/" + string(d.Permission) + "/" + string(d.For)}
			}
			return nil
		},
		Reduce: v.reduce,
	}
}

// decision gives what a person decided, unless it leaves everything as it is.
func decision(event any) (domain.Decision, domain.State, bool) {
	switch e := event.(type) {
	case domain.PermissionGranted:
		return e.Decision, domain.StateGranted, true
	case domain.PermissionWithdrawn:
		return e.Decision, domain.StateWithdrawn, true
	case domain.PermissionConfirmed:
		// Agreeing again can be to a newer notice; refusing again changes nothing.
		return e.Decision, e.State, e.State == domain.StateGranted
	}
	return domain.Decision{}, "", false
}

func (v permissions) reduce(d *view.Document, r journal.Record) error {
	e, state, _ := decision(r.Event)
	v.account.Set(d, accountOf(&r.Fact))
	v.permission.Set(d, string(e.Permission))
	v.purpose.Set(d, string(e.For))
	v.state.Set(d, string(state))
	v.basis.Set(d, string(e.LegalBasis))
	v.method.Set(d, string(e.Method))
	v.since.Set(d, r.At)
	v.event.Set(d, r.ID.String())
	setKeyword(v.region, d, r.Region)
	v.notice.Clear(d)
	v.noticeVersion.Clear(d)
	v.language.Clear(d)
	if !e.Notice.IsZero() {
		v.notice.Set(d, e.Notice.String())
		v.noticeVersion.Set(d, int64(e.NoticeVersion))
		setKeyword(v.language, d, e.Language)
	}
	return nil
}
