package projections

import (
	"strings"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections/view"
)

type activity struct {
	typ, stream, subject, actorKind, actor, channel, region view.KeywordField
	at                                                      view.TimeField
	words                                                   view.WordsField
}

// Activity is one document for each event but accesses, by the event's id, for compliance: what happened, whose
// account it was about, who did it, when, and words to search by. The words come from public fields only.
func Activity() Declaration {
	var f view.Fields
	v := activity{
		typ: f.Keyword("type"), stream: f.Keyword("stream_kind"), subject: f.Keyword("subject", view.Optional, view.OfPerson),
		actorKind: f.Keyword("actor_kind"), actor: f.Keyword("actor", view.Optional, view.OfPerson), channel: f.Keyword("channel"),
		region: f.Keyword("region", view.Optional), at: f.Time("at"), words: f.Words("words"),
	}
	schema := view.Schema{Name: "activity", Version: 7, ID: view.NamesThing, Person: "subject", Fields: f, Indexes: []view.Index{
		{"subject", "-at"}, {"actor", "-at"}, {"type", "-at"}, {"-at"}},
		Tallies: []view.Tally{{"type", "at"}, {"at"}}}
	return declare(schema,
		ignore(domain.SessionSeen{}, domain.PasswordRehashed{}, domain.ClientKnown{}, domain.ClientRemembered{}, domain.AccessDecided{}, domain.AccessCorrected{},
			domain.AccessRevealed{}, domain.AccessLookedUp{}, domain.AccessQueried{}, domain.AccessQuestionRevealed{}),
		append(v.ofPeople(), v.ofOffice()...)...)
}

// ofPeople are the rules for events of people's accounts.
func (v activity) ofPeople() []rule {
	return []rule{
		says(v, func(e domain.SignUpRequested) words { return word(e.Kind).and(string(e.Capacity), string(e.Language)) }),
		says(v, nothing[domain.SignUpCompleted]),
		says(v, func(e domain.SignUpLapsed) words { return word(e.Reason) }),
		says(v, func(e domain.RecoveryRequested) words { return word(e.Kind).and(string(e.Medium), string(e.Language)) }),
		says(v, nothing[domain.RecoveryProved]),
		says(v, nothing[domain.RecoveryWaiting]),
		says(v, nothing[domain.RecoveryReminded]),
		says(v, nothing[domain.RecoveryCompleted]),
		says(v, func(e domain.RecoveryLapsed) words { return word(e.Reason) }),
		says(v, func(e domain.VerificationRequested) words { return word(e.Purpose).and(string(e.Medium)) }),
		says(v, func(e domain.VerificationIssued) words { return word(e.Purpose) }),
		says(v, nothing[domain.VerificationFailed]),
		says(v, nothing[domain.VerificationPassed]),
		says(v, func(e domain.VerificationEnded) words { return word(e.Reason) }),
		says(v, func(e domain.RecoveryMissed) words { return word(e.Reason) }),
		says(v, func(e domain.VerificationMissed) words { return word(e.Purpose).and(string(e.Reason)) }),
		says(v, func(e domain.IdentifierClaimed) words { return word(e.Kind) }),
		says(v, nothing[domain.IdentifierRetired]),
		says(v, func(e domain.AccountOpened) words { return word(e.Kind).and(string(e.Capacity), string(e.Language)) }),
		says(v, func(e domain.AccountCapacityDecided) words { return word(e.Capacity) }),
		says(v, nothing[domain.AccountSignedOutEverywhere]),
		says(v, func(e domain.ContactAttached) words { return word(e.Kind) }),
		says(v, func(e domain.ContactMadePrimary) words { return word(e.Kind) }),
		says(v, func(e domain.ContactDetached) words { return word(e.Kind) }),
		says(v, func(e domain.ContactRestored) words { return word(e.Kind) }),
		says(v, func(e domain.ContactReleased) words { return word(e.Kind) }),
		says(v, func(e domain.LinkFailed) words { return word(e.Link) }),
		says(v, func(e domain.LinkUsed) words { return word(e.Link) }),
		says(v, func(e domain.BirthCorrected) words { return word(e.Capacity) }),
		says(v, func(e domain.FactorEnrolled) words { return word(e.Kind) }),
		says(v, nothing[domain.FactorRenamed]),
		says(v, func(e domain.FactorRemoved) words { return word(e.Kind).and(string(e.Reason)) }),
		says(v, func(e domain.FactorUsed) words { return word(e.Kind).and(string(e.For)) }),
		says(v, func(e domain.FactorDoubted) words { return word(e.Kind).and(string(e.Reason)) }),
		says(v, func(e domain.PasswordChanged) words { return word(e.How) }),
		says(v, nothing[domain.PasswordRemoved]),
		says(v, func(e domain.AccountGuarded) words { return word(e.Reason) }),
		says(v, func(e domain.LanguageChanged) words { return word(e.Language) }),
		says(v, func(e domain.PermissionGranted) words { return decisionWords(e.Decision) }),
		says(v, func(e domain.PermissionWithdrawn) words { return decisionWords(e.Decision) }),
		says(v, func(e domain.PermissionConfirmed) words { return decisionWords(e.Decision) }),
		says(v, func(e domain.DeviceLinked) words { return word(e.Kind) }),
		says(v, nothing[domain.DeviceRenamed]),
		says(v, func(e domain.DeviceUnlinked) words { return word(e.Kind) }),
		says(v, nothing[domain.ErasureRequested]),
		says(v, func(e domain.ErasureReminded) words { return word(e.Stage) }),
		says(v, nothing[domain.ErasureCancelled]),
		says(v, nothing[domain.AlertDisowned]),
		says(v, nothing[domain.ErasureStarted]),
		says(v, nothing[domain.ErasureCompleted]),
		says(v, func(e domain.SignInBegun) words { return all(e.Methods).and(all(e.Needs)...).and(all(e.Unusual)...) }),
		says(v, func(e domain.SignInFailed) words { return word(e.Method) }),
		says(v, nothing[domain.SignInPassed]),
		says(v, signedIn),
		says(v, func(e domain.SessionRaised) words { return all(e.Methods) }),
		says(v, func(e domain.SessionEnded) words { return word(e.Reason) }),
		says(v, func(e domain.DeliveryAdmitted) words { return word(e.Class).and(string(e.Medium)) }),
		says(v, func(e domain.DeliveryAttempted) words { return word(e.Medium) }),
		says(v, nothing[domain.DeliverySucceeded]),
		says(v, func(e domain.DeliveryFailed) words { return word(e.Failure) }),
	}
}

// ofOffice are the rules for events that are about no person.
func (v activity) ofOffice() []rule {
	return []rule{
		says(v, func(e domain.AttemptsCounted) words { return word(e.Attempt) }),
		says(v, func(e domain.AttemptsLimited) words { return word(e.Attempt) }),
		says(v, func(e domain.AttemptsCleared) words { return word(e.Attempt) }),
		says(v, nothing[domain.StaffAdded]),
		says(v, func(e domain.StaffRoleGranted) words {
			if e.Alone {
				return word(e.Role).and("alone")
			}
			return word(e.Role)
		}),
		says(v, func(e domain.StaffRoleEnded) words { return word(e.Role) }),
		says(v, nothing[domain.StaffEnrolled]),
		says(v, nothing[domain.StaffReset]),
		says(v, nothing[domain.StaffEnded]),
		says(v, func(e domain.ServiceAdded) words {
			return allowed(word(e.Service.String()).and(string(e.Name)), e.Allowed)
		}),
		says(v, func(e domain.ServiceRenamed) words { return word(e.Service.String()).and(string(e.Name)) }),
		says(v, func(e domain.ServiceAllowed) words { return allowed(word(e.Service.String()), e.Allowed) }),
		says(v, func(e domain.ServiceSuspended) words { return word(e.Service.String()) }),
		says(v, func(e domain.ServiceResumed) words { return word(e.Service.String()) }),
		says(v, func(e domain.ServiceKeyAdded) words { return word(e.Service.String()) }),
		says(v, func(e domain.ServiceKeyEnded) words { return word(e.Service.String()) }),
		says(v, func(e domain.ServiceEnded) words { return word(e.Service.String()) }),
		says(v, nothing[domain.PartyNamed]),
		says(v, func(e domain.ControllerDescribed) words {
			if e.Material {
				return word(e.ID).and("material")
			}
			return word(e.ID)
		}),
		says(v, func(e domain.NoticePublished) words {
			return word(e.Permission).and(string(e.Language), string(e.Controller))
		}),
		says(v, func(e domain.OperationPerformed) words {
			all := word(e.Operation)
			for _, v := range e.Views {
				all = all.and(string(v))
			}
			return all
		}),
		says(v, nothing[domain.LimitsChanged]),
		says(v, func(e domain.LedgerRestored) words { return word(e.List).and(string(e.Cause)) }),
		says(v, nothing[domain.LedgerImported]),
		says(v, func(e domain.EventSkipped) words { return word(e.View) }),
		says(v, nothing[domain.ClockConfirmed]),
	}
}

// says keeps a document for each event of type T, with the words of its public fields that people search by.
func says[T any](v activity, of func(T) words) rule {
	return on(itself, func(d *view.Document, r journal.Record, e T) {
		typ := baseType(r.Type)
		kind, _, _ := strings.Cut(r.Stream, "-")
		v.typ.Set(d, typ)
		v.stream.Set(d, kind)
		setID(v.subject, d, r.Subject)
		v.actorKind.Set(d, string(r.Actor.Kind))
		setID(v.actor, d, r.Actor.ID)
		v.channel.Set(d, string(r.Channel))
		setKeyword(v.region, d, r.Region)
		v.at.Set(d, r.At)
		v.words.Set(d, strings.Join(append([]string{typ}, of(e)...), " "))
	}).first()
}

// baseType is a type's name without the version it was stored in.
func baseType(typ string) string {
	if i := strings.LastIndex(typ, ".v"); i >= 0 {
		return typ[:i]
	}
	return typ
}

// words are what a document can be searched by.
type words []string

func word[T ~string](first T) words { return words{string(first)} }

func (w words) and(more ...string) words { return append(w, more...) }

// allowed: what a service may ask about.
func allowed(w words, all []domain.Allowance) words {
	for _, a := range all {
		w = w.and(string(a.Permission), string(a.Purpose))
	}
	return w
}

// signedIn: how somebody signed in, and what was unusual about it.
func signedIn(e domain.SessionStarted) words {
	w := word(e.Owner).and(all(e.Methods)...)
	if e.NewClient {
		w = w.and("new_client")
	}
	for _, u := range e.Unusual {
		w = w.and("unusual_" + string(u))
	}
	return w
}

// all are values of a closed set.
func all[T ~string](of []T) (out words) {
	for _, v := range of {
		out = append(out, string(v))
	}
	return out
}

// nothing: an event with no words but its type.
func nothing[T any](T) words { return nil }

func decisionWords(d domain.Decision) words {
	return word(d.Permission).and(string(d.For), string(d.LegalBasis), string(d.Method))
}
