package domain

import (
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// PasswordHash is the hash of a password in PHC's format. It is a part of the event by which the password is in force, so that a change
// is one append; nobody is shown it.
type PasswordHash string

// Format prints [personal] for every verb.
func (PasswordHash) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(personal)) }

// LogValue logs [personal].
func (PasswordHash) LogValue() slog.Value { return slog.StringValue(personal) }

// PasswordHow is how a password came to be changed.
type PasswordHow string

// Ways.
const (
	PasswordByOwner    PasswordHow = "change"   // by who knew the one before
	PasswordByRecovery PasswordHow = "recovery" // by who proved otherwise that the account is theirs
)

// Validate refuses unknown values.
func (h PasswordHow) Validate() error { return oneOf(h, PasswordByOwner, PasswordByRecovery) }

// PasswordChanged: the account has another password. Reading its hash takes the account's key and the password's own, which is destroyed
// with the next change.
type PasswordChanged struct {
	How      PasswordHow        `json:"how"`
	Password PasswordID         `json:"password"`
	Replaces PasswordID         `json:"replaces,omitzero"` // zero: there was none
	Recovery RecoveryID         `json:"recovery,omitzero"` // by which it was changed
	Hash     Part[PasswordHash] `json:"password_hash"`
}

// PasswordRehashed: the password is the same; its hash is another, since hashes are made otherwise now.
type PasswordRehashed struct {
	Password PasswordID         `json:"password"`
	Hash     Part[PasswordHash] `json:"password_hash"`
}

// PasswordRemoved: the account has no password any more; its owner signs in by passkeys. Its key is destroyed.
type PasswordRemoved struct {
	Password PasswordID `json:"password"`
}

// AccountPassword is an account's password.
type AccountPassword struct {
	ID   PasswordID
	Hash Part[PasswordHash]
	Fact Fact // with the hash
	// Replaced are the latest passwords before it, whose keys are destroyed.
	Replaced []PasswordID
}

// maxReplaced is how many passwords before the one in force are settled again after a crash.
const maxReplaced = 8

// None reports whether there is none.
func (p *AccountPassword) None() bool { return p.ID.IsZero() }

func (p *AccountPassword) change(f Fact, e PasswordChanged) {
	*p = AccountPassword{e.Password, e.Hash, f, p.replaced(e.Replaces)}
}

func (p *AccountPassword) remove(f Fact, e PasswordRemoved) {
	*p = AccountPassword{Fact: f, Replaced: p.replaced(e.Password)}
}

// replaced are the latest passwords once another one is replaced; zero: there was none.
func (p *AccountPassword) replaced(id PasswordID) []PasswordID {
	if id.IsZero() {
		return p.Replaced
	}
	all := append(slices.Clip(p.Replaced), id)
	return all[max(0, len(all)-maxReplaced):]
}

// ChangePassword decides on another password than from, which was proven: ErrPassword if that is not in force any more. It ends all sessions
// if wanted.
func (a *Account) ChangePassword(from, id PasswordID, hash PasswordHash, endOthers bool) ([]any, error) {
	if err := a.Open(); err != nil {
		return nil, err
	}
	if a.Password.ID != from {
		return nil, ErrPassword.At("/current")
	}
	events := []any{PasswordChanged{How: PasswordByOwner, Password: id, Replaces: from,
		Hash: Personal(hash, AccountKey(a.ID), PasswordKey(id))}}
	if endOthers {
		events = append(events, AccountSignedOutEverywhere{})
	}
	return events, nil
}

// RemovePassword decides on an account without a password: ErrNeedsPasskey unless it has a passkey, which stays. While the account is guarded,
// a thief could keep its owner out so.
func (a *Account) RemovePassword(now time.Time) ([]any, error) {
	if err := a.Open(); err != nil {
		return nil, err
	}
	switch {
	case a.Password.None():
		return nil, ErrNoPassword
	case len(a.FactorsOf(FactorPasskey)) == 0:
		return nil, ErrNeedsPasskey
	case a.Guarded(now):
		return nil, ErrGuarded
	}
	return []any{PasswordRemoved{Password: a.Password.ID}}, nil
}

// Rehash decides on another hash of the same password; none if it was changed meanwhile.
func (a *Account) Rehash(id PasswordID, hash PasswordHash) []any {
	if a.Password.ID != id || standsStill(a) {
		return nil
	}
	return []any{PasswordRehashed{Password: id, Hash: Personal(hash, AccountKey(a.ID), PasswordKey(id))}}
}

// standsStill reports whether nothing is added to an account any more.
func standsStill(a *Account) bool {
	return !a.Exists() || a.Erasure.State == ErasureRunning || a.Erasure.Done()
}

// GuardReason is why an account is guarded.
type GuardReason string

// Reasons.
const (
	GuardRecovered GuardReason = "recovered" // it was recovered without its password
	GuardRestored  GuardReason = "restored"  // a contact that was removed was put back
	GuardDisowned  GuardReason = "disowned"  // its owner said that something was not them
)

// Validate refuses unknown values.
func (r GuardReason) Validate() error { return oneOf(r, GuardRecovered, GuardRestored, GuardDisowned) }

// GuardLifetime is how long an account is guarded.
const GuardLifetime = 7 * 24 * time.Hour

// AccountGuarded: until a time, whoever is signed in cannot do what its rightful owner could not undo.
type AccountGuarded struct {
	Until  time.Time   `json:"until"`
	Reason GuardReason `json:"reason"`
}

// Guard decides on guarding the account from now on.
func (a *Account) Guard(why GuardReason, now time.Time) AccountGuarded {
	return AccountGuarded{Until: a.when(now).Add(GuardLifetime), Reason: why}
}

// Guarded reports whether the account is guarded now.
func (a *Account) Guarded(now time.Time) bool { return now.Before(a.GuardedUntil) }
