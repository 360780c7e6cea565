package domain

import (
	"slices"
	"time"
)

// An account with a second factor is recovered by a code that was sent to one of its addresses, and besides by a factor, at once; or, after a
// time in which its owner hears of it at every address and can stop it, without. The latter is below NIST SP 800-63B-4, 4.2.2, for AAL2.

const (
	// DefaultRecoveryWait is how long a recovery without a factor waits by default.
	DefaultRecoveryWait = 72 * time.Hour
	// RecoveryOpen is for how long a recovery that has waited can be completed.
	RecoveryOpen = 72 * time.Hour
	// recoveryReminder is how often its owner is told of a recovery that waits.
	recoveryReminder = 24 * time.Hour
)

// RecoveryWaiting: who recovers an account with a second factor has none of them. Once the time is over they can go on without.
type RecoveryWaiting struct {
	Account AccountID `json:"account"`
	OwnerAt int64     `json:"owner_at"` // version of the account's stream then
	Until   time.Time `json:"until"`
}

// RecoveryReminded: the owner of the account was told again that a recovery waits.
type RecoveryReminded struct {
	Account AccountID `json:"account"`
	Until   time.Time `json:"until"`
}

// NextRecoveryDue is when something is to be done next about a recovery that waits, after its owner was told at a time.
func NextRecoveryDue(told, until time.Time) time.Time {
	if next := told.Add(recoveryReminder); next.Before(until) {
		return next
	}
	return until.Add(RecoveryOpen)
}

// Due is when the recovery ends if it is not completed.
func (r *Recovery) Due() time.Time {
	if r.Waiting != nil {
		return r.Waiting.Until.Add(RecoveryOpen)
	}
	return r.Fact.At.Add(VerificationLifetime)
}

// Wait decides on waiting, from now on; none if it does.
func (r *Recovery) Wait(a *Account, wait time.Duration, now time.Time) []any {
	if r.Waiting != nil || r.Ended() {
		return nil
	}
	return []any{RecoveryWaiting{Account: a.ID, OwnerAt: a.Version, Until: now.Add(wait)}}
}

// Remind decides on telling the owner of the account again.
func (r *Recovery) Remind(now time.Time) []any {
	if r.Waiting == nil || r.Ended() || now.Before(r.ToldAt.Add(recoveryReminder)) || !now.Before(r.Waiting.Until) {
		return nil
	}
	return []any{RecoveryReminded{Account: r.Waiting.Account, Until: r.Waiting.Until}}
}

// Waited reports whether it has waited for long enough.
func (r *Recovery) Waited(now time.Time) bool {
	return r.Waiting != nil && !now.Before(r.Waiting.Until)
}

// RecoveryProof is something by which a person shows that an account is theirs.
type RecoveryProof string

// Proofs.
const (
	RecoveryByCode         RecoveryProof = "code" // that was sent to an address of the account
	RecoveryByTOTP         RecoveryProof = "totp"
	RecoveryByPasskey      RecoveryProof = "passkey"
	RecoveryByRecoveryCode RecoveryProof = "recovery_code"
	RecoveryByWaiting      RecoveryProof = "wait"
)

// Values lists them all.
func (RecoveryProof) Values() []RecoveryProof {
	return []RecoveryProof{RecoveryByCode, RecoveryByTOTP, RecoveryByPasskey, RecoveryByRecoveryCode, RecoveryByWaiting}
}

// Validate refuses unknown values.
func (p RecoveryProof) Validate() error { return oneOf(p, p.Values()...) }

// RecoveryWay is one way to recover an account: all that has to be shown.
type RecoveryWay []RecoveryProof

// RecoveryWays are what it takes to recover an account (NIST SP 800-63B-4, 4.2), by the highest level that it can reach.
func RecoveryWays(reach Level) []RecoveryWay {
	if reach == LevelOne {
		return []RecoveryWay{{RecoveryByCode}}
	}
	return []RecoveryWay{{RecoveryByCode, RecoveryByTOTP}, {RecoveryByCode, RecoveryByPasskey}, {RecoveryByCode, RecoveryByRecoveryCode},
		{RecoveryByCode, RecoveryByWaiting}}
}

// RecoveryNeeds is what is left to show, in alternatives, once something was shown; one of them is empty if nothing is left.
func RecoveryNeeds(ways []RecoveryWay, shown ...RecoveryProof) []RecoveryWay {
	needs := make([]RecoveryWay, len(ways))
	for i, way := range ways {
		needs[i] = slices.DeleteFunc(slices.Clone(way), func(p RecoveryProof) bool { return slices.Contains(shown, p) })
	}
	return needs
}

// RecoveryReady reports whether nothing is left to show.
func RecoveryReady(needs []RecoveryWay) bool {
	return slices.ContainsFunc(needs, func(w RecoveryWay) bool { return len(w) == 0 })
}

// RecoveryNeedsOnly reports whether one proof is all that is left to show.
func RecoveryNeedsOnly(needs []RecoveryWay, p RecoveryProof) bool {
	return slices.ContainsFunc(needs, func(w RecoveryWay) bool { return len(w) == 1 && w[0] == p })
}

// RecoveryWays are those of the account, as far as they are open to it: factors on probation neither help nor keep anybody from recovering it.
// mayWait: waiting is allowed.
func (a *Account) RecoveryWays(mayWait bool, now time.Time) []RecoveryWay {
	tried := a.TriedFactors(now)
	if reachOf(tried) == LevelOne {
		return RecoveryWays(LevelOne)
	}
	return slices.DeleteFunc(RecoveryWays(LevelTwo), func(w RecoveryWay) bool {
		return slices.ContainsFunc(w, func(p RecoveryProof) bool {
			switch p {
			case RecoveryByCode:
				return false
			case RecoveryByWaiting:
				return !mayWait
			default:
				return !slices.ContainsFunc(tried, func(f *Factor) bool { return f.Kind.Method() == AuthMethod(p) })
			}
		})
	})
}

// TriedFactors are the account's factors that prove something and are not on probation.
func (s *factors) TriedFactors(now time.Time) []*Factor {
	return slices.DeleteFunc(slices.Clone(s.Factors), func(f *Factor) bool { return f.Void() || !f.Tried(now) })
}

// TriedReach is the highest level that a session of the account could have without the factors on probation, which may not be its owner's.
func (s *factors) TriedReach(now time.Time) Level {
	return reachOf(s.TriedFactors(now))
}

// UntriedFactors are those on probation.
func (s *factors) UntriedFactors(now time.Time) []*Factor {
	return slices.DeleteFunc(slices.Clone(s.Factors), func(f *Factor) bool { return f.Tried(now) })
}
