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
		account: f.Keyword("account", view.OfPerson), kind: f.Keyword("kind"), region: f.Keyword("region", view.Optional),
		linked: f.Time("linked"), model: f.Sealed("model", view.Optional), name: f.Sealed("name", view.Optional),
	}
	schema := view.Schema{Name: "devices", Version: 1, ID: view.NamesThing, Person: "account", Fields: f, Indexes: []view.Index{
		{"account", "-linked"}, {"kind", "-linked"}, {"-linked"}},
		Tallies: []view.Tally{{"kind", "linked"}}}
	return declare(schema,
		ignore(domain.SignUpRequested{}, domain.SignUpCompleted{}, domain.SignUpLapsed{},
			domain.VerificationRequested{}, domain.VerificationIssued{}, domain.VerificationFailed{}, domain.VerificationPassed{}, domain.VerificationEnded{},
			domain.VerificationMissed{}, domain.RecoveryMissed{},
			domain.IdentifierClaimed{}, domain.IdentifierRetired{}, domain.ContactAttached{},
			domain.AccountOpened{}, domain.AccountCapacityDecided{}, domain.AccountSignedOutEverywhere{}, domain.LanguageChanged{},
			domain.PermissionGranted{}, domain.PermissionWithdrawn{}, domain.PermissionConfirmed{},
			domain.ErasureRequested{}, domain.ErasureCancelled{}, domain.ErasureStarted{}, domain.ErasureCompleted{},
			domain.FactorEnrolled{}, domain.FactorRenamed{}, domain.FactorRemoved{}, domain.FactorUsed{}, domain.FactorDoubted{},
			domain.ClientRemembered{}, domain.SignInFailed{}, domain.PasswordChanged{}, domain.PasswordRehashed{}, domain.PasswordRemoved{},
			domain.AccountGuarded{}, domain.AlertDisowned{}, domain.ErasureReminded{},
			domain.LinkFailed{}, domain.LinkUsed{}, domain.ContactReleased{}, domain.ContactMadePrimary{}, domain.ContactDetached{},
			domain.ContactRestored{}, domain.BirthCorrected{},
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
		on(func(_ journal.Record, e domain.DeviceLinked) string { return e.Device.String() }, v.links),
		on(func(_ journal.Record, e domain.DeviceRenamed) string { return e.Device.String() }, v.renames),
		on(func(_ journal.Record, e domain.DeviceUnlinked) string { return e.Device.String() }, v.unlinks),
	)
}

func (v devices) links(d *view.Document, r journal.Record, e domain.DeviceLinked) {
	v.account.Set(d, accountOf(&r.Fact))
	v.kind.Set(d, string(e.Kind))
	setKeyword(v.region, d, r.Region)
	v.linked.Set(d, r.At)
	setSealed(v.model, d, r.Fact, e.Model)
	setSealed(v.name, d, r.Fact, e.Name)
}

func (v devices) renames(d *view.Document, r journal.Record, e domain.DeviceRenamed) {
	if !d.Deleted {
		v.name.Clear(d)
		setSealed(v.name, d, r.Fact, e.Name)
	}
}

func (v devices) unlinks(d *view.Document, _ journal.Record, _ domain.DeviceUnlinked) { d.Delete() }
