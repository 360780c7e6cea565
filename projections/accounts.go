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
	rules, contacts, devices, granted view.NumberField
	opened, erasureDue, erased        view.TimeField
	email, birth                      view.SealedField
}

// Accounts is one document for each account, by its id, for compliance. The primary e-mail address and the month of birth
// are carried sealed. An erased account's document stays, without them: that there was one, and when it went, is no secret
// of the person's.
func Accounts() Declaration {
	var f view.Fields
	v := accounts{
		region: f.Keyword("region", view.Optional), language: f.Keyword("language"), capacity: f.Keyword("capacity"),
		state: f.Keyword("state"), rules: f.Number("rules_version"), opened: f.Time("opened"),
		contacts: f.Number("contacts"), devices: f.Number("devices"), granted: f.Number("granted"),
		erasureDue: f.Time("erasure_due", view.Optional), erased: f.Time("erased", view.Optional),
		email: f.Sealed("email", view.Optional), birth: f.Sealed("birth_month", view.Optional),
	}
	schema := view.Schema{Name: "accounts", Version: 2, ID: view.NamesPerson, Fields: f, Indexes: []view.Index{
		{"-opened"}, {"region", "-opened"}, {"state", "-opened"}},
		Tallies: []view.Tally{{"region", "opened"}, {"opened"}, {"region", "state"}}}
	return declare(schema,
		ignore(domain.SignUpRequested{}, domain.SignUpCompleted{}, domain.SignUpLapsed{},
			domain.VerificationRequested{}, domain.VerificationIssued{}, domain.VerificationFailed{}, domain.VerificationPassed{}, domain.VerificationEnded{},
			domain.VerificationMissed{}, domain.RecoveryMissed{},
			domain.IdentifierClaimed{}, domain.IdentifierRetired{}, domain.AccountSignedOutEverywhere{},
			domain.PermissionConfirmed{}, domain.DeviceRenamed{},
			domain.FactorEnrolled{}, domain.FactorRenamed{}, domain.FactorRemoved{}, domain.FactorUsed{}, domain.FactorDoubted{},
			domain.ClientRemembered{}, domain.SignInFailed{}, domain.PasswordChanged{}, domain.PasswordRehashed{}, domain.PasswordRemoved{},
			domain.AccountGuarded{}, domain.AlertDisowned{}, domain.ErasureReminded{},
			domain.LinkFailed{}, domain.LinkUsed{}, domain.ContactReleased{},
			domain.SessionStarted{}, domain.SessionRaised{}, domain.SessionSeen{}, domain.SessionEnded{}, domain.ClientKnown{},
			domain.SignInBegun{}, domain.SignInPassed{},
			domain.RecoveryRequested{}, domain.RecoveryProved{}, domain.RecoveryWaiting{}, domain.RecoveryReminded{},
			domain.RecoveryCompleted{}, domain.RecoveryLapsed{},
			domain.AttemptsCounted{}, domain.AttemptsLimited{}, domain.AttemptsCleared{},
			domain.StaffAdded{}, domain.StaffRoleGranted{}, domain.StaffEnrolled{},
			domain.StaffRoleEnded{}, domain.StaffReset{}, domain.StaffEnded{}, domain.ServiceAdded{},
			domain.ServiceRenamed{}, domain.ServiceAllowed{}, domain.ServiceSuspended{},
			domain.ServiceResumed{}, domain.ServiceKeyAdded{}, domain.ServiceKeyEnded{}, domain.ServiceEnded{},
			domain.AccessDecided{}, domain.AccessCorrected{}, domain.AccessRevealed{}, domain.AccessLookedUp{}, domain.AccessQueried{},
			domain.AccessQuestionRevealed{},
			domain.DeliveryAdmitted{}, domain.DeliveryAttempted{}, domain.DeliverySucceeded{}, domain.DeliveryFailed{},
			domain.ControllerDescribed{}, domain.PartyNamed{}, domain.NoticePublished{},
			domain.LedgerRestored{}, domain.LedgerImported{}, domain.OperationPerformed{}, domain.LimitsChanged{},
			domain.EventSkipped{}, domain.ClockConfirmed{}),
		on(itsAccount, v.opens).first(),
		on(itsAccount, v.capacityDecided).after(errNotOpened),
		on(itsAccount, v.birthCorrected).after(errNotOpened),
		on(itsAccount, v.attached).after(errNotOpened),
		on(itsAccount, v.madePrimary).after(errNotOpened),
		on(itsAccount, v.detached).after(errNotOpened),
		on(itsAccount, v.restored).after(errNotOpened),
		on(itsAccount, v.languageChanged).after(errNotOpened),
		on(itsAccount, v.granting).after(errNotOpened),
		on(itsAccount, v.withdrawing).after(errNotOpened),
		on(itsAccount, v.linked).after(errNotOpened),
		on(itsAccount, v.unlinked).after(errNotOpened),
		on(itsAccount, v.erasureRequested).after(errNotOpened),
		on(itsAccount, v.erasureCancelled).after(errNotOpened),
		on(itsAccount, v.erasureStarted).after(errNotOpened),
		on(itsAccount, v.erasureCompleted).after(errNotOpened),
	)
}

func (v accounts) opens(d *view.Document, r journal.Record, e domain.AccountOpened) {
	setKeyword(v.region, d, r.Region)
	v.language.Set(d, string(e.Language))
	v.capacity.Set(d, string(e.Capacity))
	v.rules.Set(d, int64(e.Rules.Version))
	v.state.Set(d, AccountOpen)
	v.opened.Set(d, r.At)
	v.contacts.Set(d, 1)
	v.devices.Set(d, 0)
	v.granted.Set(d, 0)
	setSealed(v.email, d, r.Fact, e.Contact)
	setSealed(v.birth, d, r.Fact, e.Birth)
}

func (v accounts) capacityDecided(d *view.Document, _ journal.Record, e domain.AccountCapacityDecided) {
	v.capacity.Set(d, string(e.Capacity))
	v.rules.Set(d, int64(e.Rules.Version))
}

func (v accounts) birthCorrected(d *view.Document, r journal.Record, e domain.BirthCorrected) {
	v.capacity.Set(d, string(e.Capacity))
	v.rules.Set(d, int64(e.Rules.Version))
	setSealed(v.birth, d, r.Fact, e.Birth)
}

func (v accounts) attached(d *view.Document, _ journal.Record, _ domain.ContactAttached) {
	v.contacts.Add(d, 1)
}

func (v accounts) madePrimary(d *view.Document, r journal.Record, e domain.ContactMadePrimary) {
	setSealed(v.email, d, r.Fact, e.Contact)
}

func (v accounts) detached(d *view.Document, _ journal.Record, _ domain.ContactDetached) {
	v.contacts.Add(d, -1)
}

func (v accounts) restored(d *view.Document, _ journal.Record, _ domain.ContactRestored) {
	v.contacts.Add(d, 1)
}

func (v accounts) languageChanged(d *view.Document, _ journal.Record, e domain.LanguageChanged) {
	v.language.Set(d, string(e.Language))
}

func (v accounts) granting(d *view.Document, _ journal.Record, e domain.PermissionGranted) {
	if e.Previous != domain.StateGranted {
		v.granted.Add(d, 1)
	}
}

func (v accounts) withdrawing(d *view.Document, _ journal.Record, e domain.PermissionWithdrawn) {
	if e.Previous == domain.StateGranted {
		v.granted.Add(d, -1)
	}
}

func (v accounts) linked(d *view.Document, _ journal.Record, _ domain.DeviceLinked) {
	v.devices.Add(d, 1)
}

func (v accounts) unlinked(d *view.Document, _ journal.Record, _ domain.DeviceUnlinked) {
	v.devices.Add(d, -1)
}

func (v accounts) erasureRequested(d *view.Document, _ journal.Record, e domain.ErasureRequested) {
	v.state.Set(d, AccountClosing)
	v.erasureDue.Set(d, e.Due)
}

func (v accounts) erasureCancelled(d *view.Document, _ journal.Record, _ domain.ErasureCancelled) {
	v.state.Set(d, AccountOpen)
	v.erasureDue.Clear(d)
}

func (v accounts) erasureStarted(d *view.Document, _ journal.Record, _ domain.ErasureStarted) {
	v.state.Set(d, AccountClosing)
}

func (v accounts) erasureCompleted(d *view.Document, r journal.Record, _ domain.ErasureCompleted) {
	v.state.Set(d, AccountErased)
	v.erased.Set(d, r.At)
	v.erasureDue.Clear(d)
	v.email.Clear(d)
	v.birth.Clear(d)
	v.contacts.Set(d, 0)
	v.devices.Set(d, 0)
	v.granted.Set(d, 0)
}
