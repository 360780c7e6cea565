package domain

import (
	"slices"
	"time"
)

// RecoveryRequested: somebody wants to get back into an account without its password. The event is the same whether or not anybody has the
// address; whoever reads what is sent there proves it by a code. The verification has the recovery's id.
type RecoveryRequested struct {
	Kind       IdentifierKind `json:"kind"`
	Medium     Medium         `json:"medium"`
	Language   Language       `json:"language"`    // of a message to an address that nobody has; any other is in its owner's
	HandleHash Hash           `json:"handle_hash"` // of the handle in the answer, which all further steps require
	LongCode   bool           `json:"long_code,omitzero"`
	Delivery   DeliveryID     `json:"delivery"` // of the message it asks for
	Contact    Part[Contact]  `json:"contact"`
}

// RecoveryProved: the code was right, so there is an account, and who asked reads what is sent to one of its addresses.
type RecoveryProved struct {
	Account AccountID `json:"account"`
	Claim   ClaimID   `json:"claim"`    // on the address
	OwnerAt int64     `json:"owner_at"` // version of the account's stream then: a recovery completed later supersedes this one
	Expires time.Time `json:"expires"`
}

// RecoveryCompleted: the account has another password. The account says so first, in the event PasswordChanged.
type RecoveryCompleted struct{}

// RecoveryLapseReason is why a recovery came to nothing.
type RecoveryLapseReason string

// Reasons. None tells whether somebody had the address.
const (
	RecoveryExpired    RecoveryLapseReason = "expired"
	RecoveryTries      RecoveryLapseReason = "too_many_tries"
	RecoverySuperseded RecoveryLapseReason = "superseded" // by another recovery of the account
	RecoveryGone       RecoveryLapseReason = "gone"       // the account is erased, or does not have the address any more
	RecoveryRestored   RecoveryLapseReason = "restored"
	RecoveryStopped    RecoveryLapseReason = "stopped" // by the owner of the account, who used a factor or said that it was not them
)

// Validate refuses unknown values.
func (r RecoveryLapseReason) Validate() error {
	return oneOf(r, RecoveryExpired, RecoveryTries, RecoverySuperseded, RecoveryGone, RecoveryRestored, RecoveryStopped)
}

// RecoveryLapsed: it came to nothing; its key is destroyed.
type RecoveryLapsed struct {
	Reason RecoveryLapseReason `json:"reason"`
}

// Recovery is the state of a recovery.
type Recovery struct {
	Requested  *RecoveryRequested
	Fact       Fact // the request's
	Proved     *RecoveryProved
	ProvedFact Fact
	Waiting    *RecoveryWaiting
	WaitingAt  time.Time // since when it waits
	ToldAt     time.Time // when the owner was last told of it
	Completed  bool
	Lapsed     RecoveryLapseReason
}

// Fork returns a copy to apply facts to; see forked.
func (r *Recovery) Fork() *Recovery {
	next := *r
	return &next
}

// Apply applies a fact to the state.
func (r *Recovery) Apply(f Fact) error {
	switch e := f.Event.(type) {
	case RecoveryRequested:
		r.Requested, r.Fact = &e, f
	case RecoveryProved:
		r.Proved, r.ProvedFact = &e, f
	case RecoveryWaiting:
		r.Waiting, r.WaitingAt, r.ToldAt = &e, f.At, f.At
	case RecoveryReminded:
		r.ToldAt = f.At
	case RecoveryCompleted:
		r.Completed = true
	case RecoveryLapsed:
		r.Lapsed = e.Reason
	default:
		return unexpected(f)
	}
	return nil
}

// Ended reports whether it was completed or lapsed.
func (r *Recovery) Ended() bool { return r.Completed || r.Lapsed != "" }

// Nobody stands in for the account in what is kept about a message to an address that nobody has.
func (r *Recovery) Nobody() AccountID { return AccountID{Derive(r.Fact.ID.UUID, "nobody")} }

// Prove decides on what the right code proves; none if that is recorded.
func (r *Recovery) Prove(a *Account, claim ClaimID) []any {
	if r.Proved != nil || r.Ended() {
		return nil
	}
	return []any{RecoveryProved{Account: a.ID, Claim: claim, OwnerAt: a.Version, Expires: r.Fact.At.Add(VerificationLifetime)}}
}

// Complete decides on recording that the account has another password by it, even if the recovery was ended at the same moment.
func (r *Recovery) Complete() []any {
	if r.Completed {
		return nil
	}
	return []any{RecoveryCompleted{}}
}

// Lapse decides on ending it.
func (r *Recovery) Lapse(why RecoveryLapseReason) []any {
	if r.Ended() {
		return nil
	}
	return []any{RecoveryLapsed{Reason: why}}
}

// AccountRecoveries are the completed recoveries of an account.
type AccountRecoveries struct {
	Latest []RecoveryID // the newest last
	Fact   Fact         // by which the newest was completed
}

// maxRecoveries is how many of an account's recoveries its state names.
const maxRecoveries = 8

func (r *AccountRecoveries) add(f Fact, id RecoveryID) {
	all := append(slices.Clip(r.Latest), id)
	*r = AccountRecoveries{all[max(0, len(all)-maxRecoveries):], f}
}

// Has reports whether a recovery was completed.
func (r *AccountRecoveries) Has(id RecoveryID) bool { return slices.Contains(r.Latest, id) }

// since reports whether one was completed after a version of the account.
func (r *AccountRecoveries) since(version int64) bool {
	return len(r.Latest) > 0 && r.Fact.Version > version
}

// Begun says why a recovery that was asked for then can prove nothing of the account by a claim; "" if it can. Only a recovery supersedes a
// recovery: nothing that who has the password does keeps the owner out.
func (a *Account) Begun(asked time.Time, claim ClaimID) RecoveryLapseReason {
	if _, has := a.Contact(claim); standsStill(a) || !has {
		return RecoveryGone
	}
	if len(a.Recoveries.Latest) > 0 && a.Recoveries.Fact.At.After(asked) {
		return RecoverySuperseded
	}
	return ""
}

// Recoverable says why a recovery that was proved cannot be completed any more; "" if it can.
func (a *Account) Recoverable(p *RecoveryProved) RecoveryLapseReason {
	if _, has := a.Contact(p.Claim); standsStill(a) || !has {
		return RecoveryGone
	}
	if a.Recoveries.since(p.OwnerAt) {
		return RecoverySuperseded
	}
	return ""
}

// Recover decides on the password that a proved recovery sets. It ends all sessions, makes the owner's clients unknown, removes factors, and
// guards the account. An erasure that was asked for goes on.
func (a *Account) Recover(id RecoveryID, p *RecoveryProved, password PasswordID, hash PasswordHash, without []*Factor, now time.Time) ([]any, error) {
	if a.Recoverable(p) != "" {
		return nil, ErrRecoveryEnded
	}
	events := []any{
		PasswordChanged{How: PasswordByRecovery, Password: password, Replaces: a.Password.ID, Recovery: id,
			Hash: Personal(hash, AccountKey(a.ID), PasswordKey(password))},
		AccountSignedOutEverywhere{},
		a.Guard(GuardRecovered, now),
	}
	return append(events, a.endFactors(FactorRecovered, without...)...), nil
}
