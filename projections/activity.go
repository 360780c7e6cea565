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
		typ: f.Keyword("type"), stream: f.Keyword("stream_kind"), subject: f.Keyword("subject", view.Optional),
		actorKind: f.Keyword("actor_kind"), actor: f.Keyword("actor", view.Optional), channel: f.Keyword("channel"),
		region: f.Keyword("region", view.Optional), at: f.Time("at"), words: f.Words("words"),
	}
	return Declaration{
		Schema: view.Schema{Name: "activity", Version: 2, Fields: f, Indexes: []view.Index{
			{"subject", "-at"}, {"actor", "-at"}, {"type", "-at"}, {"-at"}},
			Tallies: []view.Tally{{"type", "at"}, {"at"}}},
		Touches: func(r journal.Record) []string {
			if isAccess(r.Event) {
				return nil
			}
			return []string{r.ID.String()}
		},
		Begins: ownID,
		Reduce: v.reduce,
	}
}

func (v activity) reduce(d *view.Document, r journal.Record) error {
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
	v.words.Set(d, strings.Join(append([]string{typ}, publicWords(r.Event)...), " "))
	return nil
}

// baseType is a type's name without the version it was stored in.
func baseType(typ string) string {
	if i := strings.LastIndex(typ, ".v"); i >= 0 {
		return typ[:i]
	}
	return typ
}

// publicWords gives what else of an event people search by.
func publicWords(event any) []string {
	if d, ok := decided(event); ok {
		return words(d.Permission).and(string(d.For), string(d.LegalBasis), string(d.Method))
	}
	switch e := event.(type) {
	case domain.SignUpRequested:
		return words(e.Kind).and(string(e.Capacity), string(e.Language))
	case domain.SignUpLapsed:
		return words(e.Reason)
	case domain.VerificationIssued:
		return words(e.Purpose)
	case domain.VerificationEnded:
		return words(e.Reason)
	case domain.IdentifierClaimed:
		return words(e.Kind)
	case domain.AccountOpened:
		return words(e.Kind).and(string(e.Capacity), string(e.Language))
	case domain.AccountCapacityDecided:
		return words(e.Capacity)
	case domain.DeviceLinked:
		return words(e.Kind)
	case domain.DeviceUnlinked:
		return words(e.Kind)
	case domain.SessionStarted:
		return words(e.Owner)
	}
	return officeWords(event)
}

// officeWords are those of events that are about no person.
func officeWords(event any) []string {
	switch e := event.(type) {
	case domain.AttemptsLimited:
		return words(e.Attempt)
	case domain.StaffRoleGranted:
		if e.Alone {
			return words(e.Role).and("alone")
		}
		return words(e.Role)
	case domain.ServiceAdded:
		all := words(e.Name)
		for _, a := range e.Allowed {
			all = all.and(string(a.Permission), string(a.Purpose))
		}
		return all
	case domain.DeliveryAttempted:
		return words(e.Message).and(string(e.Medium), string(e.Language))
	case domain.DeliveryFailed:
		return words(e.Failure)
	case domain.NoticePublished:
		return words(e.Permission).and(string(e.Language), string(e.Controller))
	case domain.OperationPerformed:
		all := words(e.Operation)
		for _, v := range e.Views {
			all = all.and(string(v))
		}
		return all
	case domain.LedgerRestored:
		return words(e.List).and(string(e.Cause))
	case domain.EventSkipped:
		return words(e.View)
	}
	return nil
}

// decided gives what a person decided on a permission, confirmations among it.
func decided(event any) (domain.Decision, bool) {
	if e, ok := event.(domain.PermissionConfirmed); ok {
		return e.Decision, true
	}
	d, _, ok := decision(event)
	return d, ok
}

// wordList gathers words.
type wordList []string

func words[T ~string](first T) wordList { return wordList{string(first)} }

func (l wordList) and(more ...string) wordList { return append(l, more...) }
