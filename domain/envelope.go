package domain

import "time"

// MetadataFormat is the metadata format this program writes.
const MetadataFormat = 1

// ActorKind is a kind of actor.
type ActorKind string

// Kinds of actors.
const (
	ActorGuest    ActorKind = "guest"    // not signed in
	ActorPerson   ActorKind = "person"   // an account's owner
	ActorStaff    ActorKind = "staff"    // an officer
	ActorService  ActorKind = "service"  // a connected service
	ActorOperator ActorKind = "operator" // somebody running commands on the machine; the id derives from the uid
	ActorSystem   ActorKind = "system"   // the ledger itself: processes, notifier
)

// Values lists them all.
func (ActorKind) Values() []ActorKind {
	return []ActorKind{ActorGuest, ActorPerson, ActorStaff, ActorService, ActorOperator, ActorSystem}
}

// Validate refuses unknown values.
func (k ActorKind) Validate() error { return oneOf(k, k.Values()...) }

// Actor is who did it; the id names an account, an officer or a service.
type Actor struct {
	Kind ActorKind `json:"kind"`
	ID   ID[any]   `json:"id,omitzero"`
}

// Metadata answers an auditor's questions about an event: who, what, whose, when, from where, why. It is filled in one
// place and holds no personal data: people appear by opaque id.
type Metadata struct {
	Format      int         `json:"format"`
	At          time.Time   `json:"at"` // UTC, never before the previous event of its stream
	Command     CommandID   `json:"command,omitzero"`
	Fingerprint Fingerprint `json:"fingerprint,omitzero"` // keyed hash of the request without its secrets
	Actor       Actor       `json:"actor"`
	Session     SessionID   `json:"session,omitzero"` // of the actor
	OnBehalfOf  Actor       `json:"on_behalf_of,omitzero"`
	Subject     AccountID   `json:"subject,omitzero"` // whose account or data it concerns
	Region      Region      `json:"region,omitzero"`
	Channel     Channel     `json:"channel,omitzero"`
	Correlation EventID     `json:"correlation,omitzero"` // first event of the process this one belongs to
	Causation   EventID     `json:"causation,omitzero"`   // the event that led to this one
	Purpose     Purpose     `json:"purpose,omitzero"`
	Case        CaseID      `json:"case,omitzero"`
}

// Fact is a recorded event.
type Fact struct {
	ID      EventID
	Stream  string
	Version int64
	Type    string // as stored, with its version
	Metadata
	Event any
	// Restored: the ledger has been restored from a backup since. It is not stored.
	Restored bool
}
