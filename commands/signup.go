package commands

import (
	"context"
	"encoding/base64"
	"errors"
	"time"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passwords"
)

// SignUp requests an account with an e-mail address and a password.
type SignUp struct {
	Email      string             `json:"email"`
	Password   passwords.Password `json:"-"`
	Region     domain.Region      `json:"region"`
	Language   domain.Language    `json:"language"`
	BirthMonth string             `json:"birth_month"`
	Work       Work               `json:"-"`
}

// SignedUp is the answer: the same whether or not the address has an account.
type SignedUp struct {
	Verification domain.VerificationID
	// Handle is required to check a code or request another; it is shown only here.
	Handle      string
	Expires     time.Time // of the sign-up
	CodeExpires time.Time // of the first code
}

// signUp takes a place in the budget of messages and appends one event to a new stream, in the same time and with the same answer whether
// or not the address is taken; what the message says is decided when it is sent.
func (k *call) signUp(ctx context.Context, in SignUp) (SignedUp, error) {
	request, contact, err := k.signUpRequest(in)
	if err != nil {
		return SignedUp{}, err
	}
	id := domain.SignUpID{UUID: domain.Derive(k.command.UUID, "sign_up")}
	if k.keyed { // of concurrent repeats one hashes
		defer k.hold(domain.SignUpStream(id))()
	}
	room := k.admissionOf(&domain.VerificationRequest{ID: domain.VerificationID(id), VerificationRequested: domain.VerificationRequested{
		Purpose: domain.VerifySignUp}}, contact, 1, about{region: in.Region})
	if k.worked, err = k.solved(ctx, in.Work, room.to); err != nil {
		return SignedUp{}, err
	}
	var done *domain.Fact
	if err := k.beside(ctx, func(ctx context.Context) (err error) {
		done, err = k.signedUpBefore(ctx, id)
		return err
	}, func(ctx context.Context) (err error) {
		request.LongCode, err = k.guessed(ctx, contact)
		return err
	}, func(ctx context.Context) error {
		return k.readPlaces(ctx, room)
	}); err != nil || done != nil {
		return signedUpAnswer(ctx, k, id, done, err)
	}
	if _, err := k.room(ctx, room); err != nil { // before it costs a hash
		return SignedUp{}, err
	}
	counted, err := k.countGuest(ctx, domain.AttemptSignUp, k.Config.Limits.SignUps, room.to)
	if err != nil {
		return SignedUp{}, err
	}
	defer func() { _ = counted(ctx, false) }()
	hash, err := k.Hasher.Hash(k.turn(ctx, passwords.SignUp), in.Password)
	if err != nil {
		return SignedUp{}, err
	}
	handle, err := k.handle(ctx, k.now)
	if err != nil {
		return SignedUp{}, err
	}
	request.HandleHash = domain.HashHandle(handle)
	request.Contact = domain.Personal(contact, domain.SignUpKey(id))
	request.Birth = domain.Personal(domain.BirthMonth{Month: domain.Month(in.BirthMonth)}, domain.SignUpKey(id))
	request.Hash = domain.Personal(domain.PasswordHash(hash), domain.SignUpKey(id))
	if _, err := k.Vault.CreateKeys(ctx, domain.SignUpKey(id)); err != nil { // before a place is taken: a fault of the vault wastes none
		return SignedUp{}, err
	}
	if request.Delivery, err = k.admit(ctx, room); err != nil {
		return SignedUp{}, err
	}
	out, err := change[*domain.SignUp]{stream: k.signUpStream(id), about: concerning[*domain.SignUp](about{region: in.Region}), new: true,
		decide: func(_ context.Context, s *domain.SignUp, _ journal.Head) ([]any, error) {
			if s.Requested != nil {
				return nil, domain.ErrBusy
			}
			return []any{request}, nil
		}}.by(ctx, k)
	if err != nil {
		return SignedUp{}, err
	}
	_ = counted(ctx, true) // else it is recorded with the next one
	return signedUpAnswer(ctx, k, id, &out.facts[0], nil)
}

// countGuest counts what anybody may ask for about an address against the limits of the client's network, which work raises.
func (k *call) countGuest(ctx context.Context, kind domain.AttemptKind, most []Limit, address [32]byte) (counted func(context.Context, bool) error, err error) {
	network := networkOf(k.Client.Address)
	if network == "" || len(most) == 0 {
		return k.attempt(nil)
	}
	one, err := k.counter(ctx, limit{kind, most, [][]byte{[]byte(network)}})
	if err != nil {
		return nil, err
	}
	if k.Config.WorkBits == 0 {
		return k.attempt([]*counter{one})
	}
	if wait := k.tallies.waits(one, k.now); wait > 0 && !k.worked {
		return nil, k.needsWork(ctx, address, wait)
	}
	if k.worked {
		one.raise(workFactor)
	}
	return k.attempt([]*counter{one})
}

// signUpRequest checks the request before anything is stored or hashed. It finds all faults.
func (k *call) signUpRequest(in SignUp) (domain.SignUpRequested, domain.Contact, error) {
	var none domain.SignUpRequested
	contact, emailFault := domain.ParseEmail(in.Email)
	var regionFault error
	if in.Region.Validate() != nil {
		regionFault = domain.ErrRegion
	}
	language, languageFault := domain.ParseLanguage(string(in.Language))
	birth, birthFault := domain.ParseBirthMonth(in.BirthMonth, k.now)
	passwordFault := k.checkPassword(in.Password, contact)
	if e := (*domain.Error)(nil); passwordFault != nil && !errors.As(passwordFault, &e) {
		return none, contact, passwordFault
	}
	if err := errors.Join(emailFault, regionFault, languageFault, birthFault, passwordFault); err != nil {
		return none, contact, err
	}
	capacity, rules := domain.DecideCapacity(in.Region, birth, k.now)
	if capacity == domain.CapacityRefused {
		return none, contact, domain.ErrCapacity
	}
	return domain.SignUpRequested{Kind: contact.Kind, Language: language, Rules: rules, Capacity: capacity}, contact, nil
}

func (k *call) signedUpBefore(ctx context.Context, id domain.SignUpID) (*domain.Fact, error) {
	if !k.keyed {
		return nil, nil
	}
	s, err := stateOf(ctx, k.signUpStream(id))
	if err != nil || s.Requested == nil {
		return nil, err
	}
	err = k.sameRequest(ctx, []domain.Fact{s.Fact})
	if err == nil && s.Fact.Restored { // its message is not sent any more
		err = domain.ErrRepeatLate
	}
	return &s.Fact, err
}

func signedUpAnswer(ctx context.Context, k *call, id domain.SignUpID, f *domain.Fact, err error) (SignedUp, error) {
	if err != nil {
		return SignedUp{}, err
	}
	return k.begun(ctx, domain.VerificationID(id), f.At)
}

// begun is what the requester of a verification is told.
func (k *call) begun(ctx context.Context, id domain.VerificationID, at time.Time) (SignedUp, error) {
	handle, err := k.handle(ctx, at)
	if err != nil {
		return SignedUp{}, err
	}
	return SignedUp{Verification: id, Handle: handle, Expires: at.Add(domain.VerificationLifetime), CodeExpires: at.Add(domain.CodeLifetime)}, nil
}

func (k *call) handle(ctx context.Context, at time.Time) (string, error) {
	b, err := k.secret(ctx, "handle", at)
	return base64.RawURLEncoding.EncodeToString(b), err
}

func (k *call) checkPassword(p passwords.Password, contact domain.Contact) error {
	return passwordRefusal(k.Checker.Check(p, passwords.Alone, contact.Typed), "/password")
}
