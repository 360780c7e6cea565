package commands

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/vault"
)

// CheckCode verifies an identifier by the code that was sent to it.
type CheckCode struct {
	Verification domain.SignUpID `json:"verification"`
	Handle       string          `json:"-"`
	Code         string          `json:"-"`
}

// Checked is the answer to the right code.
type Checked struct {
	Account domain.AccountID
}

// checkCode decides on a code and, if it is right, completes the sign-up.
func (k *call) checkCode(ctx context.Context, in CheckCode) (Checked, error) {
	defer k.hold(domain.VerificationStream(in.Verification))()
	signUp, err := k.ownSignUp(ctx, in.Verification, in.Handle)
	if err != nil {
		return Checked{}, err
	}
	if signUp.Ended() {
		return k.checkedBefore(ctx, in.Verification, signUp)
	}
	if !signUp.Verifiable() {
		return Checked{}, domain.ErrEnded
	}
	if err := k.decideCode(ctx, in, signUp); errors.Is(err, journal.ErrUnreadable) { // its end was under way
		return k.checkedBefore(ctx, in.Verification, signUp)
	} else if err != nil {
		return Checked{}, err
	}
	account, err := k.completeSignUp(ctx, in.Verification)
	return Checked{account}, err
}

func (k *call) ownSignUp(ctx context.Context, id domain.SignUpID, handle string) (*domain.SignUp, error) {
	var signUp *domain.SignUp
	err := k.beside(ctx, func(ctx context.Context) error {
		_, err := k.proofStream(id).read(ctx)
		return err
	}, func(ctx context.Context) error { return k.readAround(ctx, id) }, func(ctx context.Context) (err error) {
		signUp, err = stateOf(ctx, k.signUpStream(id))
		return err
	})
	if err != nil {
		return nil, err
	}
	if !signUp.Owns(handle) {
		return nil, domain.ErrVerification
	}
	return signUp, nil
}

// checkedBefore answers for a sign-up that has ended, or whose end a crash interrupted: a repeat of the check that passed gets the
// first answer.
func (k *call) checkedBefore(ctx context.Context, id domain.SignUpID, s *domain.SignUp) (Checked, error) {
	at, err := k.proofStream(id).read(ctx)
	if err != nil {
		return Checked{}, err
	}
	v, err := at.state.verification(s)
	if err != nil {
		return Checked{}, err
	}
	if len(at.before(k.command)) == 0 || !k.keyed || !v.Passed {
		return Checked{}, domain.ErrEnded
	}
	if _, err := k.repeated(ctx, at.before(k.command)); err != nil {
		return Checked{}, err
	}
	switch {
	case !s.Ended():
		account, err := k.completeSignUp(ctx, id)
		return Checked{account}, err
	case s.Account.IsZero():
		return Checked{}, domain.ErrTaken
	}
	return Checked{s.Account}, nil
}

// refusalBefore is the refusal that the first of several identical checks got.
func refusalBefore(before []domain.Fact) error {
	var told error
	for _, f := range before {
		switch f.Event.(type) {
		case domain.VerificationFailed:
			told = domain.ErrCode
		case domain.VerificationEnded:
			told = domain.ErrEnded
		}
	}
	return told
}

// decideCode appends the outcome of a code. For an address that was taken at the time of the sign-up no code passes, but everything is
// counted and answered as for any other.
func (k *call) decideCode(ctx context.Context, in CheckCode, signUp *domain.SignUp) error {
	contact, err := journal.Open(ctx, k.Journal, signUp.Fact, signUp.Requested.Contact)
	if err != nil {
		return err
	}
	digest := k.digest(spacePeople, contact)
	claim, guessed, err := k.around(ctx, contact, signUp.AccountOf())
	if err != nil {
		return err
	}
	takenBefore := claim.Held() && !claim.Since.At.After(signUp.Fact.At)
	var refusedCode error
	out, err := k.changeProof(signUp, in.Verification, func(ctx context.Context, v domain.Verification) (events []any, err error) {
		want := k.code(in.Verification, v, contact)
		right := subtle.ConstantTimeCompare([]byte(want), []byte(domain.CleanCode(in.Code))) == 1 && !takenBefore
		right = right && (v.Long || !guessed || v.Passed) // after too many wrong codes, only long ones pass
		if right && v.Passed {                            // a crash came between verification and account: continue from there
			refusedCode = nil
			return nil, nil
		}
		if events, refusedCode = v.Check(right, k.now); len(events) == 0 {
			return nil, nil
		}
		if failed, ok := events[0].(domain.VerificationFailed); ok {
			if failed.FirstOfDay, err = k.firstOfDay(ctx, digest, seenFailing); err != nil {
				return nil, err
			}
			events[0] = failed
		}
		if len(events) == 2 { // that was the last try
			events[1] = domain.VerificationEnded{Reason: domain.EndTries, FirstOfDay: signUp.Requested.FirstOfDay}
		}
		return events, nil
	}).by(ctx, k)
	switch {
	case err != nil:
		return err
	case out.repeat:
		return refusalBefore(out.facts)
	case refusedCode == nil:
		return nil
	}
	hash, err := k.attemptsHash(ctx, digest, domain.DayOf(k.now))
	if err == nil {
		err = k.refused(ctx, hash, domain.AttemptCode, k.Config.WrongCodes)
	}
	return errors.Join(refusedCode, err)
}

// around reads what verifying an identifier needs besides its own streams: who owns the identifier, and whether there were too many
// wrong codes for it today. It also reads the account that will be opened.
func (k *call) around(ctx context.Context, contact domain.Contact, account domain.AccountID) (claim *domain.Claim, guessed bool, err error) {
	err = k.beside(ctx, func(ctx context.Context) (err error) {
		_, claim, err = k.claimOf(ctx, k.digest(spacePeople, contact))
		return err
	}, func(ctx context.Context) (err error) {
		guessed, err = k.guessed(ctx, contact)
		return err
	}, func(ctx context.Context) error {
		_, err := k.account(ctx, account)
		return err
	})
	return claim, guessed, err
}

// readAround does the reads of around early for a cached sign-up.
func (k *call) readAround(ctx context.Context, id domain.SignUpID) error {
	known, ok := k.signUpStream(id).cached()
	if !ok || known.Ended() {
		return nil
	}
	contact, err := journal.Open(ctx, k.Journal, known.Fact, known.Requested.Contact)
	if err != nil {
		return nil //nolint:nilerr // it is opened again where it matters
	}
	_, _, err = k.around(ctx, contact, known.AccountOf())
	return err
}

// code is the code of an issue of a sign-up's verification.
func (c *core) code(id domain.SignUpID, v domain.Verification, contact domain.Contact) string {
	in := domain.CodeInput{Purpose: domain.VerifySignUp, Verification: id, Issue: v.Issue, Medium: domain.MediumEmail,
		Destination: contact.Normalised, Long: v.Long}
	return in.Code(c.keys.codes.MAC(in.Parts()...))
}

// claimOf reads the claim on an identifier; the zero claim if there never was one.
func (c *core) claimOf(ctx context.Context, digest vault.Digest) (domain.ClaimID, *domain.Claim, error) {
	id, err := c.claimID(ctx, digest)
	if err != nil || id.IsZero() {
		return id, &domain.Claim{}, err
	}
	claim, err := stateOf(ctx, c.claimStream(id))
	return id, claim, err
}

// claimID is the id of the vault's claim on an identifier; zero if it has none.
func (c *core) claimID(ctx context.Context, digest vault.Digest) (domain.ClaimID, error) {
	return once(ctx, "vault/"+string(digest[:]), func() (domain.ClaimID, error) {
		id, err := c.Vault.Identifier(ctx, digest)
		if errors.Is(err, vault.ErrNotFound) {
			return domain.ClaimID{}, nil
		}
		return domain.ClaimID{UUID: id}, err
	})
}

// Resend requests a new code.
type Resend struct {
	Verification domain.SignUpID `json:"verification"`
	Handle       string          `json:"-"`
}

// Resent says when the latest code expires.
type Resent struct {
	CodeExpires time.Time
}

// resend makes a new issue, which replaces the old code; within a minute it repeats the old issue instead.
func (k *call) resend(ctx context.Context, in Resend) (Resent, error) {
	defer k.hold(domain.VerificationStream(in.Verification))()
	signUp, err := k.ownSignUp(ctx, in.Verification, in.Handle)
	if err != nil {
		return Resent{}, err
	}
	if !signUp.Verifiable() || k.now.After(signUp.Due()) {
		return Resent{}, domain.ErrEnded
	}
	contact, err := journal.Open(ctx, k.Journal, signUp.Fact, signUp.Requested.Contact)
	if errors.Is(err, journal.ErrUnreadable) {
		return Resent{}, domain.ErrEnded
	} else if err != nil {
		return Resent{}, err
	}
	guessed, err := k.guessed(ctx, contact)
	if err != nil {
		return Resent{}, err
	}
	var issued time.Time
	out, err := k.changeProof(signUp, in.Verification, func(_ context.Context, v domain.Verification) ([]any, error) {
		issued = v.IssuedAt
		return v.Resend(guessed, k.now)
	}).by(ctx, k)
	if err == nil && len(out.facts) > 0 {
		issued = out.facts[0].At
	}
	return Resent{issued.Add(domain.CodeLifetime)}, err
}
