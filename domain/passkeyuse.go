package domain

import (
	"slices"
	"time"
)

// PasskeyUse is what an authenticator said when its passkey was used. It is zero before the first use: then the record says it.
type PasskeyUse struct {
	SignCount int64
	Backup    PasskeyBackup
}

// PasskeyChallenged is for how long after its use a passkey's challenge is remembered: longer than it can be answered anywhere, whatever the
// difference of two clocks.
const PasskeyChallenged = time.Hour

// passkeyUses are the latest uses of a passkey.
type passkeyUses struct {
	answered []answered // states share it
	doubted  time.Time  // when its count was last
}

type answered struct {
	challenge Hash
	at        time.Time
}

func (u *passkeyUses) answer(at time.Time, challenge Hash) {
	u.answered = append(slices.DeleteFunc(slices.Clone(u.answered), func(one answered) bool { return at.Sub(one.at) > PasskeyChallenged }),
		answered{challenge, at})
}

// DoubtReason is why a passkey is doubted.
type DoubtReason string

// Reasons.
const (
	// DoubtCopyable: it could not be on more than one device, and now it can (WebAuthn Level 3, 6.1.3). It was taken all the same.
	DoubtCopyable DoubtReason = "copyable"
	// DoubtCount: its count of signatures did not rise, so there may be a copy of it (WebAuthn Level 3, 6.1.1). It was refused.
	DoubtCount DoubtReason = "count"
)

// Validate refuses unknown values.
func (r DoubtReason) Validate() error { return oneOf(r, DoubtCopyable, DoubtCount) }

// FactorDoubted: somebody who has a passkey, or a copy of it, used it in a way that its owner is told of.
type FactorDoubted struct {
	Factor FactorID    `json:"factor"`
	Kind   FactorKind  `json:"kind"`
	Reason DoubtReason `json:"reason"`
}

// doubtedEvery is how often a passkey is said to be doubted for its count: whoever has it could say so without end.
const doubtedEvery = 24 * time.Hour

// UsePasskey decides on a passkey that answered a challenge rightly: a challenge is answered once. copyable: it can be copied from now on.
func (u *FactorUses) UsePasskey(id FactorID, challenge Hash, use PasskeyUse, copyable bool, what FactorUse) ([]any, error) {
	if slices.ContainsFunc(u.answered, func(one answered) bool { return one.challenge == challenge }) {
		return nil, ErrPasskeyChallenge
	}
	events := []any{FactorUsed{Factor: id, Kind: FactorPasskey, For: what, Challenge: challenge, SignCount: use.SignCount, Backup: use.Backup}}
	if copyable {
		events = append(events, FactorDoubted{Factor: id, Kind: FactorPasskey, Reason: DoubtCopyable})
	}
	return events, nil
}

// DoubtCount decides on saying that a passkey's count of signatures did not rise; none if that was said lately.
func (u *FactorUses) DoubtCount(id FactorID, now time.Time) []any {
	if !u.doubted.IsZero() && now.Sub(u.doubted) < doubtedEvery {
		return nil
	}
	return []any{FactorDoubted{Factor: id, Kind: FactorPasskey, Reason: DoubtCount}}
}
