package domain

// Outcome of a decision on access.
type Outcome string

// Outcomes. A service hears no more than one of these.
const (
	Allowed Outcome = "allowed"
	Denied  Outcome = "denied"
)

// Validate refuses what is no outcome.
func (o Outcome) Validate() error { return oneOf(o, Allowed, Denied) }

// AccessReason is why a decision came out as it did; services do not hear it.
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

// Validate refuses what is no reason.
func (r AccessReason) Validate() error {
	return oneOf(r, ReasonGranted, ReasonNever, ReasonWithdrawn, ReasonNotice, ReasonCapacity, ReasonClosing, ReasonErased, ReasonUnknown)
}

// AccessDecided: a service asked whether it may use somebody's data, and was told. It names
// the version of the account that it rests on, and the grant.
type AccessDecided struct {
	Service        ServiceID    `json:"service"`
	Permission     Permission   `json:"permission"`
	For            Purpose      `json:"for"`
	Outcome        Outcome      `json:"outcome"`
	Reason         AccessReason `json:"reason"`
	AccountVersion int64        `json:"account_version"` // -1: there is no such account
	Grant          EventID      `json:"grant,omitzero"`
}

// AccessCorrected: the account had moved when a decision was recorded, so the decision was made anew, and this is what the
// service was told. Nobody was told the one that it corrects.
type AccessCorrected struct {
	AccessDecided
	Corrects EventID `json:"corrects"` // the record of the decision that does not hold
}

// RevealedPart is a kind of personal part that officers may ask to see.
type RevealedPart string

// Parts.
const (
	RevealEmail   RevealedPart = "email"
	RevealBirth   RevealedPart = "birth_month"
	RevealModels  RevealedPart = "device_models"
	RevealNames   RevealedPart = "device_names"
	RevealClients RevealedPart = "clients"
)

// Validate refuses what is no part.
func (p RevealedPart) Validate() error {
	return oneOf(p, RevealEmail, RevealBirth, RevealModels, RevealNames, RevealClients)
}

// AccessRevealed: an officer was shown personal parts of one person.
// Found: there was somebody to show.
type AccessRevealed struct {
	Parts []RevealedPart `json:"parts"`
	Found bool           `json:"found"`
}

// AccessLookedUp: an officer asked which account has an identifier. Subject is the account found.
type AccessLookedUp struct {
	Kind  IdentifierKind `json:"kind"`
	Found bool           `json:"found"`
}

// AccessQueried: an officer queried a view, or a person was shown in one.
type AccessQueried struct {
	View        ViewName    `json:"view"`
	Fingerprint Fingerprint `json:"fingerprint"` // keyed hash of the query: the same question can be recognised
	Rows        int         `json:"rows"`
}

// ViewName is the name of a view.
type ViewName string

// Validate refuses what is no name.
func (v ViewName) Validate() error { return key(string(v)) }
