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
// depends on the notices published since, which its readers compare with notice_version.
func Permissions() Declaration {
	var f view.Fields
	v := permissions{
		account: f.Keyword("account", view.OfPerson), permission: f.Keyword("permission"), purpose: f.Keyword("purpose"),
		state: f.Keyword("state"), region: f.Keyword("region", view.Optional),
		noticeVersion: f.Number("notice_version", view.Optional), notice: f.Keyword("notice", view.Optional, view.OfNobody),
		language: f.Keyword("language", view.Optional), basis: f.Keyword("legal_basis"), method: f.Keyword("method"),
		since: f.Time("since"), event: f.Keyword("event", view.OfThing),
	}
	schema := view.Schema{Name: "permissions", Version: 1, ID: view.NamesPerson, Person: "account", Fields: f, Indexes: []view.Index{
		{"account", "permission"}, {"permission", "purpose", "state", "-since"}, {"-since"}},
		Tallies: []view.Tally{{"permission", "purpose", "state"}, {"since"}}}
	return declare(schema,
		ignore(domain.SignUpRequested{}, domain.SignUpCompleted{}, domain.SignUpLapsed{},
			domain.VerificationRequested{}, domain.VerificationIssued{}, domain.VerificationFailed{}, domain.VerificationPassed{}, domain.VerificationEnded{},
			domain.VerificationMissed{}, domain.RecoveryMissed{},
			domain.IdentifierClaimed{}, domain.IdentifierRetired{}, domain.ContactAttached{},
			domain.AccountOpened{}, domain.AccountCapacityDecided{}, domain.AccountSignedOutEverywhere{}, domain.LanguageChanged{},
			domain.DeviceLinked{}, domain.DeviceRenamed{}, domain.DeviceUnlinked{},
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
		on(func(r journal.Record, e domain.PermissionGranted) string { return permissionID(r, e.Decision) },
			func(d *view.Document, r journal.Record, e domain.PermissionGranted) {
				v.decided(d, r, e.Decision, domain.StateGranted)
			}),
		on(func(r journal.Record, e domain.PermissionWithdrawn) string { return permissionID(r, e.Decision) },
			func(d *view.Document, r journal.Record, e domain.PermissionWithdrawn) {
				v.decided(d, r, e.Decision, domain.StateWithdrawn)
			}),
		// Agreeing again can be to a newer notice; refusing again changes nothing.
		on(func(r journal.Record, e domain.PermissionConfirmed) string {
			if e.State != domain.StateGranted {
				return ""
			}
			return permissionID(r, e.Decision)
		}, func(d *view.Document, r journal.Record, e domain.PermissionConfirmed) {
			v.decided(d, r, e.Decision, e.State)
		}),
	)
}

// permissionID is the id of the document of one purpose of a permission.
func permissionID(r journal.Record, d domain.Decision) string {
	id := accountOf(&r.Fact)
	if id == "" {
		return ""
	}
	return id + "/" + string(d.Permission) + "/" + string(d.For)
}

func (v permissions) decided(d *view.Document, r journal.Record, e domain.Decision, state domain.State) {
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
}
