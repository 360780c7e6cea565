package commands

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"time"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passwords"
)

// SignUp asks for an account by e-mail with a password.
type SignUp struct {
	Email      string             `json:"email"`
	Password   passwords.Password `json:"-"`
	Region     domain.Region      `json:"region"`
	Language   domain.Language    `json:"language"`
	BirthMonth string             `json:"birth_month"`
}

// SignedUp is the answer: the same whether or not the address has an account.
type SignedUp struct {
	Verification domain.SignUpID
	// Handle is needed to check a code or ask for another; it is in this answer alone.
	Handle      string
	Expires     time.Time // of the sign-up
	CodeExpires time.Time // of the first code
}

// Names of secrets. They are stored and do not change.
func signUpSecret(id domain.SignUpID) string   { return "password/signup/" + id.String() }
func accountSecret(id domain.AccountID) string { return "password/account/" + id.String() }
func staffSecret(id domain.StaffID) string     { return "password/staff/" + id.String() }

// signUp appends one event to a stream of its own, in the same time and with the same answer whether or not the
// address is taken; what the message says is decided by who sends it.
func (k *call) signUp(ctx context.Context, in SignUp) (SignedUp, error) {
	request, contact, err := k.signUpRequest(in)
	if err != nil {
		return SignedUp{}, err
	}
	id := domain.SignUpID{UUID: domain.Derive(k.command.UUID, "sign_up")}
	stream := domain.SignUpStream(id)
	if k.keyed { // one of many repeats at once hashes, and its password is the one that is kept
		defer k.streams.hold(stream)()
	}
	var done *domain.Fact
	if err := k.beside(ctx, func(ctx context.Context) (err error) {
		done, err = k.signedUpBefore(ctx, id)
		return err
	}, func(ctx context.Context) (err error) {
		request.LongCode, err = k.guessed(ctx, contact)
		return err
	}); err != nil || done != nil {
		return signedUpAnswer(ctx, k, id, done, err)
	}
	hash, err := k.hashForSignUp(ctx, in.Password)
	if err != nil {
		return SignedUp{}, err
	}
	if request.FirstOfDay, err = k.firstOfDay(ctx, k.digest(spacePeople, contact), seenSigningUp); err != nil {
		return SignedUp{}, err
	}
	handle, err := k.handle(ctx, k.now)
	if err != nil {
		return SignedUp{}, err
	}
	request.HandleHash = domain.HashHandle(handle)
	request.Contact = domain.Personal(contact, domain.SignUpKey(id))
	request.Birth = domain.Personal(domain.BirthMonth{Month: domain.Month(in.BirthMonth)}, domain.SignUpKey(id))
	if err := k.Vault.PutSecret(ctx, signUpSecret(id), []byte(hash)); err != nil {
		return SignedUp{}, err
	}
	entries, err := k.entries(ctx, journal.NoStream(stream), about{region: in.Region}, request)
	if err != nil {
		return SignedUp{}, err
	}
	facts, err := k.commit(ctx, journal.NoStream(stream), entries)
	if err != nil {
		return SignedUp{}, errors.Join(err, k.undoSignUp(ctx, id, err))
	}
	return signedUpAnswer(ctx, k, id, &facts[0], nil)
}

// hashForSignUp hashes, but lets sign-ups take no more than a part of the places for hashing: a flood of them leaves room
// for those who sign in.
func (k *call) hashForSignUp(ctx context.Context, p passwords.Password) (string, error) {
	if k.limits.raised.Load() {
		return k.Hasher.Hash(ctx, p)
	}
	select {
	case k.signUps <- struct{}{}:
		defer func() { <-k.signUps }()
		return k.Hasher.Hash(ctx, p)
	default:
		return "", &passwords.BusyError{RetryAfter: time.Second}
	}
}

// undoSignUp destroys what was kept for a sign-up that surely did not happen. One under an Idempotency-Key keeps it: its
// repeat has the same id.
func (k *call) undoSignUp(ctx context.Context, id domain.SignUpID, err error) error {
	var conflict *journal.ConflictError
	if k.keyed || errors.Is(err, journal.ErrUnknownOutcome) || errors.As(err, &conflict) {
		return nil
	}
	return k.forgetSignUp(context.WithoutCancel(ctx), id)
}

// signUpRequest checks what was sent, before anything is stored or hashed.
func (k *call) signUpRequest(in SignUp) (domain.SignUpRequested, domain.Contact, error) {
	var none domain.SignUpRequested
	contact, err := domain.ParseEmail(in.Email)
	if err != nil {
		return none, contact, err
	}
	if in.Region.Validate() != nil {
		return none, contact, domain.ErrRegion
	}
	if in.Language.Validate() != nil {
		return none, contact, domain.ErrLanguage
	}
	birth, err := domain.ParseBirthMonth(in.BirthMonth, k.now)
	if err != nil {
		return none, contact, err
	}
	if err := k.checkPassword(in.Password, contact); err != nil {
		return none, contact, err
	}
	capacity, rules := domain.DecideCapacity(in.Region, birth, k.now)
	if capacity == domain.CapacityRefused {
		return none, contact, domain.ErrCapacity
	}
	return domain.SignUpRequested{Kind: contact.Kind, Language: in.Language, Rules: rules, Capacity: capacity}, contact, nil
}

func (k *call) signedUpBefore(ctx context.Context, id domain.SignUpID) (*domain.Fact, error) {
	if !k.keyed {
		return nil, nil
	}
	s, err := k.signUpState(ctx, id)
	if err != nil || s.Requested == nil {
		return nil, err
	}
	return &s.Fact, k.sameRequest(ctx, []domain.Fact{s.Fact})
}

func (c *core) signUpState(ctx context.Context, id domain.SignUpID) (*domain.SignUp, error) {
	s, _, err := c.signUpAnd(ctx, id)
	return s, err
}

func (c *core) signUpAnd(ctx context.Context, id domain.SignUpID) (*domain.SignUp, journal.Head, error) {
	var copied domain.SignUp
	var at journal.Head
	err := c.asked.use(ctx, domain.SignUpStream(id), func() *domain.SignUp { return &domain.SignUp{} }, func(s *domain.SignUp, head journal.Head) {
		copied, at = *s, head
	})
	return &copied, at, err
}

// proof is what happened to a verification. What it was asked for with stands elsewhere.
type proof struct{ facts []domain.Fact }

// Apply keeps the fact.
func (p *proof) Apply(f domain.Fact) error {
	p.facts = append(p.facts, f)
	return nil
}

// proof reads what happened to a verification as the leader has it now.
func (c *core) proof(ctx context.Context, id domain.SignUpID) (facts []domain.Fact, at journal.Head, err error) {
	err = c.proofs.use(ctx, domain.VerificationStream(id), func() *proof { return &proof{} }, func(p *proof, head journal.Head) {
		facts, at = slices.Clip(p.facts), head
	})
	return facts, at, err
}

// verification loads a sign-up's verification and hands each of its facts to see first. Nothing of a verification is
// before its sign-up, which the head of one that nothing has happened to says.
func (c *core) verification(ctx context.Context, id domain.SignUpID, s *domain.SignUp, see func(domain.Fact)) (domain.Verification, journal.Head, error) {
	v := s.Verification()
	facts, head, err := c.proof(ctx, id)
	for _, f := range facts {
		if see != nil {
			see(f)
		}
		if err := v.Apply(f); err != nil {
			return v, head, err
		}
	}
	if head.At.IsZero() {
		head.At = s.Fact.At
	}
	return v, head, err
}

func signedUpAnswer(ctx context.Context, k *call, id domain.SignUpID, f *domain.Fact, err error) (SignedUp, error) {
	if err != nil {
		return SignedUp{}, err
	}
	handle, err := k.handle(ctx, f.At)
	if err != nil {
		return SignedUp{}, err
	}
	return SignedUp{Verification: id, Handle: handle, Expires: f.At.Add(domain.SignUpLifetime), CodeExpires: f.At.Add(domain.CodeLifetime)}, nil
}

func (k *call) handle(ctx context.Context, at time.Time) (string, error) {
	b, err := k.secret(ctx, "handle", at)
	return base64.RawURLEncoding.EncodeToString(b), err
}

// guessed tells whether too many wrong codes were tried for an identifier today; its new codes are longer then.
func (k *call) guessed(ctx context.Context, contact domain.Contact) (bool, error) {
	day := domain.DayOf(k.now)
	hash, err := k.attemptsHash(ctx, k.digest(spacePeople, contact), day)
	if err != nil {
		return false, err
	}
	many := false
	err = k.attempts.use(ctx, domain.AttemptsStream(hash, day), func() *domain.Attempts { return &domain.Attempts{} }, func(a *domain.Attempts, _ journal.Head) {
		many = a.Limited[domain.AttemptCode] > 0
	})
	return many, err
}

func (k *call) checkPassword(p passwords.Password, contact domain.Contact) error {
	if err := k.Checker.Check(p, contact.Typed); err != nil {
		return passwordRefusal(err)
	}
	return nil
}
