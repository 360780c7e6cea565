package projections

import (
	"strings"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections/view"
)

// Kinds of accesses in the view.
const (
	AccessDecided  = "decided"   // a service asked whether it may use somebody's data
	AccessRevealed = "revealed"  // an officer was shown personal parts
	AccessLookedUp = "looked_up" // an officer asked whose an identifier is
	AccessQueried  = "queried"   // an officer queried a view; with a subject: for records of a person whom the query names

	AccessQuestionRevealed = "question_revealed" // an officer read what another one asked of a view
)

type accesses struct {
	kind, subject, actorKind, actor, service, permission, purpose, caseID, outcome, reason, grant, corrects, queried, asked, region view.KeywordField
	parts                                                                                                                           view.WordsField
	accountVersion, rows, key                                                                                                       view.NumberField
	at                                                                                                                              view.TimeField
	question                                                                                                                        view.SealedField
}

// Accesses is one document for each look at personal data or decision about one, by the event's id, for
// compliance, and for the person it was about: who looked at whose data, why, with what outcome, on which grant.
// A decision that was corrected before the service was told is not there: its correction is, and names it in
// the field corrects. Field parts holds the names of the parts shown, to be searched by words. What an officer asked of a view is carried
// sealed; field asked names the record that has it, where that is another one.
func Accesses() Declaration {
	var f view.Fields
	v := accesses{
		kind: f.Keyword("kind"), subject: f.Keyword("subject", view.Optional, view.OfPerson),
		actorKind: f.Keyword("actor_kind"), actor: f.Keyword("actor", view.Optional, view.OfNobody),
		service: f.Keyword("service", view.Optional, view.OfNobody), permission: f.Keyword("permission", view.Optional),
		purpose: f.Keyword("purpose", view.Optional), caseID: f.Keyword("case", view.Optional),
		outcome: f.Keyword("outcome", view.Optional), reason: f.Keyword("reason", view.Optional),
		grant: f.Keyword("grant", view.Optional, view.OfThing), corrects: f.Keyword("corrects", view.Optional, view.OfThing),
		accountVersion: f.Number("account_version", view.Optional), key: f.Number("key", view.Optional),
		parts: f.Words("parts", view.Optional), queried: f.Keyword("view", view.Optional), rows: f.Number("rows", view.Optional),
		at: f.Time("at"), region: f.Keyword("region", view.Optional),
		asked: f.Keyword("asked", view.Optional, view.OfThing), question: f.Sealed("question", view.Optional),
	}
	schema := view.Schema{Name: "accesses", Version: 4, ID: view.NamesThing, Person: "subject", Fields: f, Indexes: []view.Index{
		{"subject", "-at"}, {"actor", "-at"}, {"service", "-at"}, {"kind", "-at"}, {"case", "-at"}, {"-at"}},
		Tallies: []view.Tally{{"kind", "at"}, {"service", "outcome"}}}
	return declare(schema,
		ignore(domain.SignUpRequested{}, domain.SignUpCompleted{}, domain.SignUpLapsed{},
			domain.VerificationRequested{}, domain.VerificationIssued{}, domain.VerificationFailed{}, domain.VerificationPassed{}, domain.VerificationEnded{},
			domain.VerificationMissed{}, domain.RecoveryMissed{},
			domain.IdentifierClaimed{}, domain.IdentifierRetired{}, domain.ContactAttached{},
			domain.AccountOpened{}, domain.AccountCapacityDecided{}, domain.AccountSignedOutEverywhere{}, domain.LanguageChanged{},
			domain.PermissionGranted{}, domain.PermissionWithdrawn{}, domain.PermissionConfirmed{},
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
			domain.DeliveryAdmitted{}, domain.DeliveryAttempted{}, domain.DeliverySucceeded{}, domain.DeliveryFailed{},
			domain.ControllerDescribed{}, domain.PartyNamed{}, domain.NoticePublished{},
			domain.LedgerRestored{}, domain.LedgerImported{}, domain.OperationPerformed{}, domain.LimitsChanged{},
			domain.EventSkipped{}, domain.ClockConfirmed{}),
		on(itself, v.decides).first(),
		onEach(func(r journal.Record, e domain.AccessCorrected) []string {
			return []string{e.Corrects.String(), r.ID.String()}
		}, v.corrected).first(),
		on(itself, v.reveals).first(),
		on(itself, v.looksUp).first(),
		on(itself, v.queries).first(),
		on(itself, v.revealsQuestion).first(),
	)
}

// who says who looked at whose data, why and when.
func (v accesses) who(d *view.Document, r journal.Record) {
	setID(v.subject, d, r.Subject)
	v.actorKind.Set(d, string(r.Actor.Kind))
	setID(v.actor, d, r.Actor.ID)
	setKeyword(v.purpose, d, r.Purpose)
	setKeyword(v.caseID, d, r.Case)
	setKeyword(v.region, d, r.Region)
	v.at.Set(d, r.At)
}

func (v accesses) decides(d *view.Document, r journal.Record, e domain.AccessDecided) {
	v.who(d, r)
	v.kind.Set(d, AccessDecided)
	setID(v.service, d, e.Service)
	v.key.Set(d, int64(e.Key))
	v.permission.Set(d, string(e.Permission))
	v.purpose.Set(d, string(e.For))
	v.outcome.Set(d, string(e.Outcome))
	v.reason.Set(d, string(e.Reason))
	v.accountVersion.Set(d, e.AccountVersion)
	setID(v.grant, d, e.Grant)
}

func (v accesses) corrected(d *view.Document, r journal.Record, e domain.AccessCorrected) {
	if d.ID == e.Corrects.String() {
		d.Delete() // nobody was given that answer
		return
	}
	v.decides(d, r, e.AccessDecided)
	setID(v.corrects, d, e.Corrects)
}

func (v accesses) reveals(d *view.Document, r journal.Record, e domain.AccessRevealed) {
	v.who(d, r)
	v.kind.Set(d, AccessRevealed)
	parts := make([]string, len(e.Parts))
	for i, p := range e.Parts {
		parts[i] = string(p)
	}
	v.parts.Set(d, strings.Join(parts, ", "))
	v.outcome.Set(d, found(e.Found))
}

func (v accesses) looksUp(d *view.Document, r journal.Record, e domain.AccessLookedUp) {
	v.who(d, r)
	v.kind.Set(d, AccessLookedUp)
	v.outcome.Set(d, found(e.Found))
}

func (v accesses) queries(d *view.Document, r journal.Record, e domain.AccessQueried) {
	v.who(d, r)
	v.kind.Set(d, AccessQueried)
	v.queried.Set(d, string(e.View))
	v.rows.Set(d, int64(e.Rows))
	setID(v.asked, d, e.Asked)
	setSealed(v.question, d, r.Fact, e.Question)
}

func (v accesses) revealsQuestion(d *view.Document, r journal.Record, e domain.AccessQuestionRevealed) {
	v.who(d, r)
	v.kind.Set(d, AccessQuestionRevealed)
	setID(v.asked, d, e.Asked)
	v.outcome.Set(d, found(e.Found))
}

// found says whether there was somebody to look at.
func found(yes bool) string {
	if yes {
		return "found"
	}
	return "not_found"
}
