package commands

import (
	"context"
	"crypto/subtle"
	"errors"
	"slices"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/vault"
)

// CheckCode proves an identifier by the code that was sent to it.
type CheckCode struct {
	Verification domain.VerificationID `json:"verification"`
	Handle       string                `json:"-"`
	Code         string                `json:"-"`
}

// Checked is the answer to the right code.
type Checked struct {
	Purpose domain.VerificationPurpose
	Account domain.AccountID // that the sign-up became, or that has the contact now
}

// checkCode decides on a code and, if it is right, completes what the verification is for.
func (k *call) checkCode(ctx context.Context, in CheckCode) (Checked, error) {
	defer k.hold(domain.VerificationStream(in.Verification))()
	k.bind([]byte(domain.CleanCode(in.Code)))
	elsewhere := []domain.VerificationPurpose{domain.VerifySignIn, domain.VerifyRecover} // have routes of their own
	r, signUp, err := k.ownRequest(ctx, in.Verification, in.Handle, k.readAround, elsewhere...)
	if err != nil {
		return Checked{}, err
	}
	ended, err := k.proofEnded(ctx, r, signUp)
	if err != nil {
		return Checked{}, err
	}
	if ended {
		return k.checkedBefore(ctx, r, signUp)
	}
	if r.Fact.Restored {
		return Checked{}, domain.ErrEnded
	}
	v, err := k.decideCode(ctx, in, r)
	if errors.Is(err, journal.ErrUnreadable) { // its end was under way
		return k.checkedBefore(ctx, r, signUp)
	} else if err != nil {
		return Checked{}, err
	}
	account, err := k.complete(ctx, r, v.PassedAt)
	return Checked{r.Purpose, account}, err
}

// ownRequest reads a verification's request and requires its handle, and that it is for nothing that others are for. early reads beside that
// what is needed later.
func (k *call) ownRequest(ctx context.Context, id domain.VerificationID, handle string,
	early func(context.Context, domain.VerificationID) error, others ...domain.VerificationPurpose) (*domain.VerificationRequest, *domain.SignUp, error) {
	var r *domain.VerificationRequest
	var signUp *domain.SignUp
	err := k.beside(ctx, func(ctx context.Context) (err error) {
		r, signUp, err = k.requestOf(ctx, id)
		return err
	}, func(ctx context.Context) error { return early(ctx, id) })
	if err == nil && (r == nil || !r.Owns(handle) || slices.Contains(others, r.Purpose)) {
		err = domain.ErrVerification
	}
	if err != nil {
		return nil, nil, err
	}
	return r, signUp, nil
}

// checkedBefore answers for a verification that has ended, or whose end a crash interrupted: a repeat of the check that passed gets the
// first answer, and other codes hear that the address is proven already, since only its requester has the handle.
func (k *call) checkedBefore(ctx context.Context, r *domain.VerificationRequest, signUp *domain.SignUp) (Checked, error) {
	at, err := k.proofStream(r.ID).read(ctx)
	if err != nil {
		return Checked{}, err
	}
	v, err := at.state.verification(r)
	if err != nil {
		return Checked{}, err
	}
	before, err := k.repeated(ctx, at.before(k.command))
	if err == nil {
		err = refusalBefore(before)
	}
	if err != nil {
		return Checked{}, err
	}
	failed := v.Ended.Refusal()
	if signUp != nil && signUp.Lapsed != "" {
		failed = domain.ErrEnded
		if signUp.Lapsed == domain.LapseTaken {
			failed = domain.ErrTaken
		}
	}
	switch {
	case failed != nil && len(before) > 0 && v.Passed:
		return Checked{}, failed
	case failed != nil || !v.Passed:
		return Checked{}, domain.ErrEnded
	case len(before) > 0:
		account, err := k.complete(ctx, r, v.PassedAt)
		return Checked{r.Purpose, account}, err
	}
	return Checked{}, domain.ErrVerified
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

// decideCode appends the outcome of a code, and returns the verification that the right one passed. For an address that was taken at the
// time of the sign-up no code passes, but everything is counted and answered as for any other.
func (k *call) decideCode(ctx context.Context, in CheckCode, r *domain.VerificationRequest) (domain.Verification, error) {
	var none domain.Verification
	contact, err := journal.Open(ctx, k.Journal, r.Fact, r.Contact)
	if err != nil {
		return none, err
	}
	has, err := k.around(ctx, contact, r.Account)
	if err != nil {
		return none, err
	}
	takenBefore := has.claim.Held() && has.claim.Account != r.Account && !has.claim.Since.At.After(r.Fact.At)
	switch r.Purpose {
	case domain.VerifySignIn: // the address is to be the account's own
		_, own := has.account.Contact(has.id)
		takenBefore = !has.claim.Held() || !own
	case domain.VerifyRecover: // it is to be somebody's
		owner, err := k.ownerOf(ctx, k.digest(spacePeople, contact), has.claim)
		if err != nil {
			return none, err
		}
		_, own := owner.Contact(has.id)
		takenBefore = standingOf(owner).gone || !own || k.now.Before(owner.RecoversFrom(has.id))
	case domain.VerifySignUp, domain.VerifyAddContact:
	}
	var refusedCode error
	out, err := k.changeProof(r, func(_ context.Context, v domain.Verification) (events []any, _ error) {
		want := k.code(r, v, contact)
		right := subtle.ConstantTimeCompare([]byte(want), []byte(domain.CleanCode(in.Code))) == 1 && !takenBefore
		right = right && (v.Long || !has.guessed || v.Passed) // after too many wrong codes, only long ones pass
		if right && v.Passed {                                // a crash came between verification and account: continue from there
			refusedCode = nil
			return nil, nil
		}
		events, refusedCode = v.Check(right, k.now)
		return events, nil
	}).by(ctx, k)
	if err == nil && out.repeat {
		err, refusedCode = refusalBefore(out.facts), nil
	}
	if err != nil {
		return none, err
	}
	if refusedCode == nil {
		return out.state.verification(r)
	}
	codes, err := k.codes(ctx, contact)
	if err == nil {
		err = k.countOne(ctx, codes)
	}
	if v, unknown := out.state.verification(r); unknown == nil {
		err = errors.Join(err, k.noteMissed(ctx, r, v))
	}
	return none, errors.Join(refusedCode, err)
}

// surroundings are what verifying an identifier needs besides its own streams.
type surroundings struct {
	id      domain.ClaimID // on the identifier; zero if there never was one
	claim   *domain.Claim
	account *domain.Account // that asks, or will be opened
	guessed bool            // there were too many wrong codes for the identifier today
}

// around reads the surroundings of an identifier.
func (k *call) around(ctx context.Context, contact domain.Contact, account domain.AccountID) (s surroundings, err error) {
	err = k.beside(ctx, func(ctx context.Context) (err error) {
		s.id, s.claim, err = k.claimOf(ctx, k.digest(spacePeople, contact))
		return err
	}, func(ctx context.Context) (err error) {
		s.guessed, err = k.guessed(ctx, contact)
		return err
	}, func(ctx context.Context) (err error) {
		if account.IsZero() { // none is known
			return nil
		}
		s.account, err = k.account(ctx, account)
		return err
	})
	return s, err
}

// readAround does the reads of around early for a cached request.
func (k *call) readAround(ctx context.Context, id domain.VerificationID) error {
	return k.early(ctx, id, func(r *domain.VerificationRequest, contact domain.Contact) error {
		_, err := k.around(ctx, contact, r.Account)
		return err
	})
}

// early does reads for a request that this process has cached, with its contact; none otherwise.
func (k *call) early(ctx context.Context, id domain.VerificationID, reads func(*domain.VerificationRequest, domain.Contact) error) error {
	r := k.cachedRequest(id)
	if r == nil {
		return nil
	}
	contact, err := journal.Open(ctx, k.Journal, r.Fact, r.Contact)
	if err != nil {
		return nil //nolint:nilerr // it is opened again where it matters
	}
	return reads(r, contact)
}

// cachedRequest is the request of a verification that is under way, if this process has it cached.
func (k *call) cachedRequest(id domain.VerificationID) *domain.VerificationRequest {
	if p, ok := k.proofStream(id).cached(); ok && p.request != nil {
		return p.request
	}
	if s, ok := k.recoveryStream(domain.RecoveryID(id)).cached(); ok && s.Requested != nil && !s.Ended() {
		r, _ := domain.RequestOf(s.Fact)
		return &r
	}
	known, ok := k.signUpStream(domain.SignUpID(id)).cached()
	if !ok || known.Ended() {
		return nil
	}
	r, _ := domain.RequestOf(known.Fact)
	return &r
}

// code is the code of an issue of a verification.
func (c *core) code(r *domain.VerificationRequest, v domain.Verification, contact domain.Contact) string {
	in := r.Code(v, contact)
	return in.Code(c.keys.codes.MAC(in.Parts()...))
}

// claimOf reads the claim on an identifier; the zero claim if there never was one. Then it reads a stream that does not exist, so that it
// takes as long as for a taken one.
func (c *core) claimOf(ctx context.Context, digest vault.Digest) (domain.ClaimID, *domain.Claim, error) {
	id, err := c.claimID(ctx, digest)
	if err != nil {
		return id, nil, err
	}
	read := id
	if id.IsZero() {
		read.UUID = domain.Derive(uuid.UUID(digest[:16]), "nobody's")
	}
	claim, err := stateOf(ctx, c.claimStream(read))
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
