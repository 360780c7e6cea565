package domain

import (
	"slices"
	"time"
)

// AlertLifetime is until when an account's owner is told of what happened to the account, and can say that it was not them.
const AlertLifetime = 7 * 24 * time.Hour

// An account's owner is told of what they may not have done themselves, at every address of the account (NIST SP 800-63B-4, 4.6; OWASP ASVS
// 5.0, 6.3.5 and 6.3.7). No event asks for these messages: they follow from the facts themselves.

// Alert is a message that a fact makes necessary, and the account that it goes to.
type Alert struct {
	Kind    Message
	Account AccountID
	But     ClaimID   // on an address that is not told; zero: all are
	Session SessionID // that it is about; zero if it is about none
}

// Alert is what the owner of an account is told of; false if it is nothing.
func (f Fact) Alert() (a Alert, ok bool) {
	a.Account = f.Subject
	switch e := f.Event.(type) {
	case SessionStarted:
		a.Kind, a.Session = MessageNewSignIn, e.Session
		ok = e.Owner == ActorPerson && slices.Contains(e.Unusual, UnusualClient)
	case SignInBegun:
		a.Kind, ok = MessagePasswordKnown, slices.Contains(e.Needs, MethodCode)
	case SignInFailed: // for codes, the verification counts
		a.Kind, ok = MessagePasswordKnown, e.Try == MaxTries
	case FactorEnrolled: // recovery codes come with the first other one
		a.Kind, ok = MessageFactorAdded, e.Kind != FactorRecoveryCodes || e.Level > LevelOne
	case FactorUsed:
		a.Kind, ok = MessageFewCodes, e.Kind == FactorRecoveryCodes && e.Left <= FewRecoveryCodes
	case FactorRemoved:
		a.Kind, ok = MessageFactorGone, e.Reason == FactorRemovedByOwner
	case FactorDoubted:
		a.Kind, ok = MessageFactorDoubted, true
	case PasswordRemoved:
		a.Kind, ok = MessagePasswordGone, true
	case PasswordChanged:
		a.Kind, ok = MessagePasswordChanged, true
		if e.How == PasswordByRecovery {
			a.Kind = MessageRecovered
		}
	case RecoveryProved:
		a.Kind, a.Account, a.But, ok = MessageRecoveryProved, e.Account, e.Claim, true
	case RecoveryWaiting:
		a.Kind, a.Account, ok = MessageRecoveryWaits, e.Account, true
	case RecoveryReminded:
		a.Kind, a.Account, ok = MessageRecoveryWaits, e.Account, true
	case ContactAttached:
		a.Kind, a.But, ok = MessageContactAdded, e.Claim, true
	case ContactDetached:
		a.Kind, a.But, ok = MessageContactGone, e.Claim, true
	case DeviceLinked:
		a.Kind, ok = MessageDeviceLinked, true
	case ErasureRequested:
		a.Kind, ok = MessageErasureAsked, true
	case ErasureReminded:
		a.Kind, ok = e.Stage.message(), true
	case ErasureCancelled:
		a.Kind, ok = MessageErasureCancelled, true
	case AlertDisowned:
		a.Kind, ok = MessageDisowned, true
	}
	return a, ok && !a.Account.IsZero()
}

// AlertDisowned: whoever reads what is sent to an address of the account said that something was not the account's owner. In the same append
// all sessions end, the account is guarded, and an erasure that waits is cancelled; the password lets nobody in until a recovery has changed it.
type AlertDisowned struct {
	Of EventID `json:"of"` // that it was not
}

// MayDisown refuses to disown a fact of an account that does not exist or is being erased: ErrLinkEnded.
func (a *Account) MayDisown() error {
	if standsStill(a) {
		return ErrLinkEnded
	}
	return nil
}

// Disown decides on what follows from somebody's saying that a fact was not the account's owner: nothing that could not be done again by who
// the account belongs to.
func (a *Account) Disown(of EventID, now time.Time) ([]any, error) {
	if err := a.MayDisown(); err != nil {
		return nil, err
	}
	events := []any{AlertDisowned{Of: of}, AccountSignedOutEverywhere{}, a.Guard(GuardDisowned, now)}
	if untried := a.UntriedFactors(now); len(untried) > 0 { // by a thief, perhaps
		events = append(events, a.endFactors(FactorDisowned, untried...)...)
	}
	if a.Erasure.State == ErasureWaiting {
		events = append(events, ErasureCancelled{})
	}
	return events, nil
}
