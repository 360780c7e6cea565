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
	defer k.streams.hold(domain.VerificationStream(in.Verification))()
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
	if err := k.decideCode(ctx, in, signUp); err != nil {
		return Checked{}, err
	}
	account, err := k.completeSignUp(ctx, in.Verification)
	return Checked{account}, err
}

func (k *call) ownSignUp(ctx context.Context, id domain.SignUpID, handle string) (*domain.SignUp, error) {
	var signUp *domain.SignUp
	err := k.beside(ctx, func(ctx context.Context) error {
		_, _, err := k.proof(ctx, id)
		return err
	}, func(ctx context.Context) error { return k.readAround(ctx, id) }, func(ctx context.Context) (err error) {
		signUp, err = k.signUpState(ctx, id)
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

// checkedBefore answers for a sign-up that has ended: a repeat of the check that passed gets the first answer.
func (k *call) checkedBefore(ctx context.Context, id domain.SignUpID, s *domain.SignUp) (Checked, error) {
	var before []domain.Fact
	v, _, err := k.verification(ctx, id, s, k.mine(&before))
	if err != nil {
		return Checked{}, err
	}
	if len(before) == 0 || !v.Passed {
		return Checked{}, domain.ErrEnded
	}
	if err := k.sameRequest(ctx, before); err != nil {
		return Checked{}, err
	}
	if s.Account.IsZero() {
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
	if errors.Is(err, journal.ErrUnreadable) {
		return domain.ErrEnded
	} else if err != nil {
		return err
	}
	digest := k.digest(spacePeople, contact)
	claim, guessed, err := k.around(ctx, contact, signUp.AccountOf())
	if err != nil {
		return err
	}
	takenBefore := claim.Held() && !claim.Since.At.After(signUp.Fact.At)
	var refusedCode error
	repeated := false
	err = retry(ctx, func(ctx context.Context) error {
		var before []domain.Fact
		v, head, err := k.verification(ctx, in.Verification, signUp, k.mine(&before))
		if err != nil {
			return err
		}
		if len(before) > 0 {
			repeated, refusedCode = true, refusalBefore(before)
			return k.sameRequest(ctx, before)
		}
		want := k.code(in.Verification, v, contact)
		right := subtle.ConstantTimeCompare([]byte(want), []byte(domain.CleanCode(in.Code))) == 1 && !takenBefore
		right = right && (v.Long || !guessed || v.Passed) // after too many wrong codes, only long ones pass
		if right && v.Passed {                            // a crash came between verification and account: continue from there
			refusedCode = nil
			return nil
		}
		var events []any
		if events, refusedCode = v.Check(right, k.now); len(events) == 0 {
			return nil
		}
		if failed, ok := events[0].(domain.VerificationFailed); ok {
			if failed.FirstOfDay, err = k.firstOfDay(ctx, digest, seenFailing); err != nil {
				return err
			}
			events[0] = failed
		}
		if len(events) == 2 { // that was the last try
			events[1] = domain.VerificationEnded{Reason: domain.EndTries, FirstOfDay: signUp.Requested.FirstOfDay}
		}
		entries, err := k.entries(ctx, head, about{region: signUp.Fact.Region}, events...)
		if err != nil {
			return err
		}
		_, err = k.append(ctx, head, entries...)
		return err
	})
	if err != nil {
		return err
	}
	if refusedCode == nil || repeated {
		return refusedCode
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
		_, _, err := k.account(ctx, account)
		return err
	})
	return claim, guessed, err
}

// readAround does the reads of around early for a cached sign-up.
func (k *call) readAround(ctx context.Context, id domain.SignUpID) error {
	var known domain.SignUp
	if !k.asked.peek(domain.SignUpStream(id), func(s *domain.SignUp) { known = *s }) || known.Ended() {
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
	claim, _, err := c.claim(ctx, id)
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

// claim reads a claim on an identifier as the leader has it now.
func (c *core) claim(ctx context.Context, id domain.ClaimID) (*domain.Claim, journal.Head, error) {
	var copied domain.Claim
	var at journal.Head
	err := c.claims.use(ctx, domain.IdentifierStream(id), func() *domain.Claim { return &domain.Claim{} }, func(claim *domain.Claim, head journal.Head) {
		copied, at = *claim, head
	})
	return &copied, at, err
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
	defer k.streams.hold(domain.VerificationStream(in.Verification))()
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
	var v domain.Verification
	err = retry(ctx, func(ctx context.Context) error {
		var before []domain.Fact
		var head journal.Head
		var err error
		if v, head, err = k.verification(ctx, in.Verification, signUp, k.mine(&before)); err != nil {
			return err
		}
		if len(before) > 0 {
			v.IssuedAt = before[0].At
			return k.sameRequest(ctx, before)
		}
		events, err := v.Resend(guessed, k.now)
		if err != nil || len(events) == 0 {
			return err
		}
		entries, err := k.entries(ctx, head, about{region: signUp.Fact.Region}, events...)
		if err != nil {
			return err
		}
		facts, err := k.append(ctx, head, entries...)
		if err == nil {
			err = v.Apply(facts.Facts[0])
		}
		return err
	})
	return Resent{v.IssuedAt.Add(domain.CodeLifetime)}, err
}
