package domain

import (
	"fmt"
	"log/slog"
)

// Outcome is the outcome of a decision on access.
type Outcome string

// Outcomes. This is all a service gets to know.
const (
	Allowed Outcome = "allowed"
	Denied  Outcome = "denied"
)

// Values lists them all.
func (Outcome) Values() []Outcome { return []Outcome{Allowed, Denied} }

// Validate refuses unknown values.
func (o Outcome) Validate() error { return oneOf(o, o.Values()...) }

// AccessReason is the reason for a decision's outcome; services do not get it.
type AccessReason string

// Reasons.
const (
	ReasonGranted   AccessReason = "granted"
	ReasonNever     AccessReason = "never_granted"
	ReasonWithdrawn AccessReason = "withdrawn"
	ReasonNotice    AccessReason = "notice_outdated"
	ReasonCapacity  AccessReason = "capacity"
	ReasonClosing   AccessReason = "closing"
	ReasonErased    AccessReason = "erased"
	ReasonUnknown   AccessReason = "unknown_account"
)

// Validate refuses unknown values.
func (r AccessReason) Validate() error {
	return oneOf(r, ReasonGranted, ReasonNever, ReasonWithdrawn, ReasonNotice, ReasonCapacity, ReasonClosing, ReasonErased, ReasonUnknown)
}

// AccessDecided: a service asked whether it may use somebody's data, and got an answer. It names the version of the
// account and the grant that the answer rests on.
type AccessDecided struct {
	Service        ServiceID    `json:"service"`
	Key            int          `json:"key"` // the number of the key that it used
	Permission     Permission   `json:"permission"`
	For            Purpose      `json:"for"`
	Outcome        Outcome      `json:"outcome"`
	Reason         AccessReason `json:"reason"`
	AccountVersion int64        `json:"account_version"` // -1 if there is no such account
	Grant          EventID      `json:"grant,omitzero"`
}

// AccessCorrected: the account had changed by the time a decision was recorded, so it was decided again, and this is what the
// service was told. Nobody was told the decision it corrects.
type AccessCorrected struct {
	AccessDecided
	Corrects EventID `json:"corrects"` // the record of the decision that is void
}

// RevealedPart is a kind of personal data that officers may ask to see.
type RevealedPart string

// Parts.
const (
	RevealEmail   RevealedPart = "email"
	RevealBirth   RevealedPart = "birth_month"
	RevealModels  RevealedPart = "device_models"
	RevealNames   RevealedPart = "device_names"
	RevealClients RevealedPart = "clients"
)

// Values lists them all.
func (RevealedPart) Values() []RevealedPart {
	return []RevealedPart{RevealEmail, RevealBirth, RevealModels, RevealNames, RevealClients}
}

// Validate refuses unknown values.
func (p RevealedPart) Validate() error { return oneOf(p, p.Values()...) }

// AccessRevealed: an officer was shown personal data of one person. Found: the account existed.
type AccessRevealed struct {
	Parts []RevealedPart `json:"parts"`
	Found bool           `json:"found"`
}

// AccessLookedUp: an officer looked for the account of an identifier. The subject is the account found.
type AccessLookedUp struct {
	Kind  IdentifierKind `json:"kind"`
	Found bool           `json:"found"`
}

// AccessQueried: an officer queried a view. What was asked is kept sealed, for those who audit officers. A query that names people is a look
// at each of them, whatever it found: there is one such event for each, with them as its subject, and only the first keeps the question.
type AccessQueried struct {
	View        ViewName       `json:"view"`
	Fingerprint Fingerprint    `json:"fingerprint"` // keyed hash of the query: equal queries can be recognised
	Rows        int            `json:"rows"`
	Asked       EventID        `json:"asked,omitzero"` // the record that keeps the question; unset: this one
	Question    Part[Question] `json:"question"`
}

// MaxNamed is how many people or things of theirs a query can name: each person is looked at, and that is on record.
const MaxNamed = 20

// MaxQuestion is the longest question that is kept, in bytes: sealed, it fits into a view.
const MaxQuestion = 20 << 10

// AccessQuestionRevealed: an officer read what another one asked of a view. Found: there was such a record.
type AccessQuestionRevealed struct {
	Asked EventID `json:"asked"` // the record that keeps the question
	Found bool    `json:"found"`
}

// Question is a query of a view as it was asked, in canonical form and without its paging. It should name people by opaque ids at most,
// but is sealed all the same, since an officer can put anything into a filter.
type Question struct {
	Query string `json:"query"`
}

// Format prints [personal] for every verb.
func (Question) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(personal)) }

// LogValue logs [personal].
func (Question) LogValue() slog.Value { return slog.StringValue(personal) }

// ViewName is the name of a view.
type ViewName string

// Validate refuses anything that is not a name.
func (v ViewName) Validate() error { return key(string(v)) }
