package projections

import (
	"strings"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections/view"
)

type signIns struct {
	account, region, methods, ended view.KeywordField
	started, raised, endedAt        view.TimeField
	level                           view.NumberField
	newClient                       view.BoolField
	unusual                         view.WordsField
	client                          view.SealedField
}

// SignIns is one document for each session that a person started, by its id, for compliance: when, how, what was unusual about it, and how it
// was ended. Address, user agent and country of the client are carried sealed, in one part. Field methods holds the means of the
// sign-in, joined by plus signs; field unusual the reasons, to be searched by words.
//
// A document is changed by events that name its session: signing out everywhere, a restore and the end of its time are none, and view activity
// has the first two. Of an erased person opaque ids stay, with times; the client does not open any more.
func SignIns() Declaration {
	var f view.Fields
	v := signIns{
		account: f.Keyword("account", view.OfPerson), region: f.Keyword("region", view.Optional), started: f.Time("started"),
		level: f.Number("level"), methods: f.Keyword("methods"), newClient: f.Bool("new_client"), unusual: f.Words("unusual", view.Optional),
		raised: f.Time("raised", view.Optional), ended: f.Keyword("ended", view.Optional), endedAt: f.Time("ended_at", view.Optional),
		client: f.Sealed("client", view.Optional),
	}
	schema := view.Schema{Name: "sign_ins", Version: 1, ID: view.NamesThing, Person: "account", Fields: f, Indexes: []view.Index{
		{"account", "-started"}, {"ended", "-started"}, {"-started"}},
		Tallies: []view.Tally{{"methods", "started"}, {"ended", "started"}}}
	return declare(schema,
		ignore(domain.SignUpRequested{}, domain.SignUpCompleted{}, domain.SignUpLapsed{},
			domain.VerificationRequested{}, domain.VerificationIssued{}, domain.VerificationFailed{}, domain.VerificationPassed{}, domain.VerificationEnded{},
			domain.VerificationMissed{}, domain.RecoveryMissed{},
			domain.IdentifierClaimed{}, domain.IdentifierRetired{}, domain.ContactAttached{}, domain.ContactMadePrimary{},
			domain.ContactDetached{}, domain.ContactRestored{}, domain.ContactReleased{}, domain.LinkFailed{}, domain.LinkUsed{}, domain.BirthCorrected{},
			domain.RecoveryRequested{}, domain.RecoveryProved{}, domain.RecoveryWaiting{}, domain.RecoveryReminded{},
			domain.RecoveryCompleted{}, domain.RecoveryLapsed{},
			domain.AccountOpened{}, domain.AccountCapacityDecided{}, domain.AccountSignedOutEverywhere{}, domain.LanguageChanged{},
			domain.PermissionGranted{}, domain.PermissionWithdrawn{}, domain.PermissionConfirmed{},
			domain.DeviceLinked{}, domain.DeviceRenamed{}, domain.DeviceUnlinked{},
			domain.ErasureRequested{}, domain.ErasureCancelled{}, domain.ErasureStarted{}, domain.ErasureCompleted{},
			domain.FactorEnrolled{}, domain.FactorRenamed{}, domain.FactorRemoved{}, domain.FactorUsed{}, domain.FactorDoubted{},
			domain.ClientRemembered{}, domain.SignInFailed{}, domain.PasswordChanged{}, domain.PasswordRehashed{}, domain.PasswordRemoved{},
			domain.AccountGuarded{}, domain.AlertDisowned{}, domain.ErasureReminded{},
			domain.SessionSeen{}, domain.ClientKnown{},
			domain.SignInBegun{}, domain.SignInPassed{}, domain.AttemptsCounted{}, domain.AttemptsLimited{}, domain.AttemptsCleared{},
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
		on(ofPerson, v.starts).first(),
		on(func(_ journal.Record, e domain.SessionRaised) string { return e.Session.String() }, v.raises),
		on(func(_ journal.Record, e domain.SessionEnded) string { return e.Session.String() }, v.ends),
	)
}

// ofPerson: the document of a session that a person started; officers' are left out, and later events do not say whose a session is.
func ofPerson(_ journal.Record, e domain.SessionStarted) string {
	if e.Owner != domain.ActorPerson {
		return ""
	}
	return e.Session.String()
}

func (v signIns) starts(d *view.Document, r journal.Record, e domain.SessionStarted) {
	setID(v.account, d, r.Subject)
	setKeyword(v.region, d, r.Region)
	v.started.Set(d, r.At)
	v.level.Set(d, int64(e.Level))
	v.methods.Set(d, strings.Join(all(e.Methods), "+"))
	v.newClient.Set(d, e.NewClient)
	if len(e.Unusual) > 0 {
		v.unusual.Set(d, strings.Join(all(e.Unusual), " "))
	}
	setSealed(v.client, d, r.Fact, e.Client)
}

func (v signIns) raises(d *view.Document, r journal.Record, e domain.SessionRaised) {
	if !d.Deleted {
		v.level.Set(d, int64(e.Level))
		v.raised.Set(d, r.At)
	}
}

func (v signIns) ends(d *view.Document, r journal.Record, e domain.SessionEnded) {
	if !d.Deleted {
		v.ended.Set(d, string(e.Reason))
		v.endedAt.Set(d, r.At)
	}
}
