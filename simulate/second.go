package simulate

import (
	"context"
	"time"

	"accountledger/domain"
	"accountledger/totp"
)

// Proof is what somebody gives beside their password: one of its fields.
type Proof struct{ Code, TOTP, RecoveryCode string }

// Second is the second factor of a person: an authenticator app, and recovery codes.
type Second struct {
	App   domain.FactorID
	Seed  []byte
	Codes []string
}

// fewCodes is with how many recovery codes left somebody makes others.
const fewCodes = 3

// take takes one of the recovery codes; none are left in the list for "", which nobody has.
func (s *Second) take() string {
	if len(s.Codes) == 0 {
		return ""
	}
	last := len(s.Codes) - 1
	code := s.Codes[last]
	s.Codes = s.Codes[:last]
	return code
}

// proveSecond continues a sign-in with the app or, if somebody does not have it or its codes were used just now, with a recovery code.
func (w *worker) proveSecond(ctx context.Context, l *life, p SignUp, lost bool) (Session, error) {
	for ahead := time.Duration(0); !lost && ahead <= totp.Period; ahead += totp.Period { // the server takes the next one, too
		s, err := w.ledger.ContinueSignIn(ctx, p, Proof{TOTP: totp.Code(l.second.Seed, w.clock.Now().Add(ahead))})
		if err == nil || !refused(err, domain.ErrTOTP) {
			return s, err
		}
		w.tally.happened("sign_in.failed")
	}
	return w.ledger.ContinueSignIn(ctx, p, Proof{RecoveryCode: l.second.take()})
}

// secure sets up an app for somebody who wants one and has none, or makes recovery codes if hardly any are left.
func (w *worker) secure(ctx context.Context, who *Person, s Session, l *life) error {
	switch {
	case !who.Secured:
		return nil
	case l.second == nil:
		second, err := w.ledger.Secure(ctx, s, w.clock.Now())
		if err != nil {
			return at("setting up an authenticator app", err)
		}
		l.second = &second
		w.tally.happened("factor.used")
		w.tally.counted("factor.enrolled", "factor_enrolled", "")
		w.tally.counted("factor.enrolled", "factor_enrolled", "")
	case len(l.second.Codes) <= fewCodes:
		codes, err := w.ledger.MakeCodes(ctx, s)
		if err != nil {
			return at("making recovery codes", err)
		}
		if l.second.Codes != nil {
			w.tally.happened("factor.removed")
		}
		l.second.Codes = codes
		w.tally.counted("factor.enrolled", "factor_enrolled", "")
	}
	return nil
}

// replace removes the app of somebody who has lost their telephone, unless the account is guarded; they set up another one afterwards.
func (w *worker) replace(ctx context.Context, s Session, l *life) error {
	err := w.ledger.RemoveFactor(ctx, s, l.second.App)
	if refused(err, domain.ErrGuarded) {
		return nil
	}
	if err != nil {
		return at("removing an authenticator app", err)
	}
	l.second = nil
	w.tally.happened("factor.removed") // and the recovery codes
	w.tally.happened("factor.removed")
	return nil
}

// recovered notes what became of somebody's factors by a recovery.
func (w *worker) recovered(l *life, needs []domain.RecoveryWay, codes []string) {
	switch {
	case l.second == nil:
	case len(needs) == 0: // they were on probation
		l.second = nil
		w.tally.happened("factor.removed")
		w.tally.happened("factor.removed")
	default:
		w.tally.happened("factor.used")
		if len(codes) > 0 {
			l.second.Codes = codes
			w.tally.happened("factor.removed")
			w.tally.counted("factor.enrolled", "factor_enrolled", "")
		} else if l.second.Codes != nil { // they were on probation
			l.second.Codes = nil
			w.tally.happened("factor.removed")
		}
	}
}

// recoverBy is what somebody shows who recovers an account with a second factor.
func (w *worker) recoverBy(l *life, needs []domain.RecoveryWay) Proof {
	if domain.RecoveryNeedsOnly(needs, domain.RecoveryByRecoveryCode) {
		return Proof{RecoveryCode: l.second.take()}
	}
	return Proof{TOTP: totp.Code(l.second.Seed, w.clock.Now())}
}
