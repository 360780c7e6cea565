package commands

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/vault"
)

// Recover asks for a code to get back into the account that has an address, without its password.
type Recover struct {
	Email string `json:"email"`
	// Language is that of a message to an address that nobody has; English by default.
	Language domain.Language `json:"language"`
	// Client is the token by which the client is known from an earlier sign-in, or empty. A client that the owner of the address has signed
	// in with has a budget of messages of its own.
	Client Token `json:"-"`
	Work   Work  `json:"-"`
}

// RecoveryBegun is the answer: the same whether or not anybody has the address.
type RecoveryBegun struct {
	ID domain.RecoveryID
	// Handle is required by all further steps; it is shown only here.
	Handle      string
	Expires     time.Time // of the recovery
	CodeExpires time.Time // of the first code
}

// defaultLanguage is that of messages to who has not said another one.
const defaultLanguage domain.Language = "en"

// beginRecovery takes a place in the budget of messages and appends one event to a new stream, in the same time and with the same answer
// whether or not anybody has the address; what the message says is decided when it is sent.
func (k *call) beginRecovery(ctx context.Context, in Recover) (RecoveryBegun, error) {
	request, contact, client, err := k.recoveryRequest(in)
	if err != nil {
		return RecoveryBegun{}, err
	}
	id := domain.RecoveryID{UUID: domain.Derive(k.command.UUID, "recovery")}
	if k.keyed { // of concurrent repeats one asks for a message
		defer k.hold(domain.RecoveryStream(id))()
	}
	room := k.admissionOf(&domain.VerificationRequest{ID: domain.VerificationID(id), VerificationRequested: domain.VerificationRequested{
		Purpose: domain.VerifyRecover}}, contact, 1, about{})
	network := room.to
	if k.worked, err = k.solved(ctx, in.Work, network); err != nil {
		return RecoveryBegun{}, err
	}
	var done *domain.Fact
	if err := k.beside(ctx, func(ctx context.Context) (err error) {
		done, err = k.recoveryBefore(ctx, id)
		return err
	}, func(ctx context.Context) (err error) {
		request.LongCode, err = k.guessed(ctx, contact)
		return err
	}, func(ctx context.Context) (err error) {
		room, err = k.recoveryRoom(ctx, room, client)
		return err
	}); err != nil || done != nil {
		return k.recoveryAnswer(ctx, id, done, err)
	}
	if _, err := k.room(ctx, room); err != nil {
		return RecoveryBegun{}, err
	}
	counted, err := k.countGuest(ctx, domain.AttemptRecover, k.recoveriesFrom(room), network)
	if err != nil {
		return RecoveryBegun{}, err
	}
	defer func() { _ = counted(ctx, false) }()
	handle, err := k.handle(ctx, k.now)
	if err != nil {
		return RecoveryBegun{}, err
	}
	request.HandleHash, request.Contact = domain.HashHandle(handle), domain.Personal(contact, domain.RecoveryKey(id))
	if _, err := k.Vault.CreateKeys(ctx, domain.RecoveryKey(id)); err != nil { // before a place is taken: a fault of the vault wastes none
		return RecoveryBegun{}, err
	}
	if request.Delivery, err = k.admit(ctx, room); err != nil {
		return RecoveryBegun{}, err
	}
	out, err := change[*domain.Recovery]{stream: k.recoveryStream(id), about: concerning[*domain.Recovery](about{}), new: true,
		decide: func(_ context.Context, r *domain.Recovery, _ journal.Head) ([]any, error) {
			if r.Requested != nil {
				return nil, domain.ErrBusy
			}
			return []any{request}, nil
		}}.by(ctx, k)
	if err != nil {
		return RecoveryBegun{}, err
	}
	_ = counted(ctx, true) // else it is recorded with the next one
	return k.recoveryAnswer(ctx, id, &out.facts[0], nil)
}

// recoveryRequest checks the request before anything is stored.
func (k *call) recoveryRequest(in Recover) (r domain.RecoveryRequested, contact domain.Contact, client []byte, err error) {
	if contact, err = domain.ParseEmail(in.Email); err != nil {
		return r, contact, nil, err
	}
	language := in.Language
	if language == "" {
		language = defaultLanguage
	}
	if language, err = domain.ParseLanguage(string(language)); err != nil {
		return r, contact, nil, err
	}
	client, err = clientSecret(in.Client)
	return domain.RecoveryRequested{Kind: contact.Kind, Medium: domain.MediumEmail, Language: language}, contact, client, err
}

// recoveryRoom is where a recovery takes its place: in the budget that a client which the owner of the address knows has of its own, while
// there is room, and otherwise in the one that everybody shares. It reads as much for an address that nobody has.
func (k *call) recoveryRoom(ctx context.Context, room admission, client []byte) (admission, error) {
	if err := k.readPlaces(ctx, room); err != nil || len(client) == 0 {
		return room, err
	}
	own := room
	own.known, own.to = true, k.keys.identifiers.MAC([]byte("messages for a client"), room.to[:], client)
	_, claim, err := k.claimOf(ctx, vault.Digest(room.to))
	if err != nil {
		return room, err
	}
	a, err := k.ownerOf(ctx, vault.Digest(room.to), claim)
	if err != nil {
		return room, err
	}
	known, err := k.knowsClient(ctx, holder{id: a.ID.UUID, account: a}, client)
	if err != nil {
		return room, err
	}
	_, err = k.room(ctx, own)
	switch {
	case errors.Is(err, domain.ErrMessages):
		return room, nil
	case err != nil:
		return room, err
	case known && !standingOf(a).gone:
		return own, nil
	}
	return room, nil
}

// recoveriesFrom are the limits on recoveries from one network. A client that the owner knows has its own budget instead.
func (k *call) recoveriesFrom(room admission) []Limit {
	if room.known {
		return nil
	}
	return k.Config.Limits.Recoveries
}

// ownerOf is the account that has an identifier by a claim; one that does not exist if nobody has it, so that it takes as long.
func (k *call) ownerOf(ctx context.Context, digest vault.Digest, claim *domain.Claim) (*domain.Account, error) {
	if claim.Held() {
		return k.account(ctx, claim.Account)
	}
	return k.account(ctx, domain.AccountID{UUID: domain.Derive(uuid.UUID(digest[:16]), "nobody")})
}

func (k *call) recoveryBefore(ctx context.Context, id domain.RecoveryID) (*domain.Fact, error) {
	if !k.keyed {
		return nil, nil
	}
	r, err := stateOf(ctx, k.recoveryStream(id))
	if err != nil || r.Requested == nil {
		return nil, err
	}
	return &r.Fact, k.sameRequest(ctx, []domain.Fact{r.Fact})
}

func (k *call) recoveryAnswer(ctx context.Context, id domain.RecoveryID, f *domain.Fact, err error) (RecoveryBegun, error) {
	if err != nil {
		return RecoveryBegun{}, err
	}
	b, err := k.begun(ctx, domain.VerificationID(id), f.At)
	return RecoveryBegun{ID: id, Handle: b.Handle, Expires: b.Expires, CodeExpires: b.CodeExpires}, err
}

// ownRecovery reads a recovery and requires its handle. Beside that it reads what giving a code needs.
func (k *call) ownRecovery(ctx context.Context, id domain.RecoveryID, handle string) (s *domain.Recovery, r domain.VerificationRequest, err error) {
	err = k.beside(ctx, func(ctx context.Context) (err error) {
		s, err = stateOf(ctx, k.recoveryStream(id))
		return err
	}, func(ctx context.Context) error {
		_, err := k.proofStream(domain.VerificationID(id)).read(ctx)
		return err
	}, func(ctx context.Context) error { return k.readAround(ctx, domain.VerificationID(id)) })
	if err != nil {
		return nil, r, err
	}
	r, ok := domain.RequestOf(s.Fact)
	if s.Requested == nil || !ok || !r.Owns(handle) {
		return nil, r, domain.ErrRecovery
	}
	return s, r, nil
}

// recoveryOver reports whether a recovery that was not completed has come to nothing, or is about to be ended.
func (k *call) recoveryOver(s *domain.Recovery, r *domain.VerificationRequest) bool {
	return s.Lapsed != "" || r.Fact.Restored || !k.now.Before(s.Due()) || r.Fact.At.After(k.now.Add(domain.MaxAhead))
}
