package commands

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
)

// PendingSignIn is a sign-in that needs more than the password.
type PendingSignIn struct {
	ID domain.SignInID
	// Handle is required to continue it; it is shown only here.
	Handle  string
	Needs   []domain.SignInNeed
	Expires time.Time
}

// ContinueSignIn continues a sign-in with the code that was sent.
type ContinueSignIn struct {
	ID     domain.SignInID `json:"id"`
	Handle string          `json:"-"`
	Code   string          `json:"-"`
}

// needsCode says whether a person's sign-in with the right password needs a code; why is then in its reasons. A repeat of one that needed
// none needs none either. guessed: there were too many wrong passwords in a row.
func (k *call) needsCode(ctx context.Context, in *beginning, guessed bool) (bool, error) {
	if k.Config.Unusual != UnusualCode && !guessed || in.account == nil {
		return false, nil
	}
	known, err := k.knowsClient(ctx, in.holder, in.client)
	if err != nil || known {
		return false, err
	}
	clients, err := stateOf(ctx, k.clientsStream(in.id))
	if err != nil {
		return false, err
	}
	if started, _, err := k.startedBefore(ctx, in.id, in.session); err != nil || started {
		return false, err
	}
	in.unusual = from{isNew: true, other: clients.Other("")}.unusual(in.unusual)
	return len(in.unusual) > 0, nil
}

// askForCode begins a sign-in that a code continues, which is sent to the account's primary address. Three appends: the message's
// place in the account's budget, the sign-in, and the verification that asks for the message. A crash between them leaves a sign-in that
// nobody can continue, or that the repeat does.
func (k *call) askForCode(ctx context.Context, who holder, unusual []domain.Unusual) (SignedIn, error) {
	id := domain.SignInID{UUID: domain.Derive(k.command.UUID, "sign_in")}
	verification, a := domain.VerificationID(id), ofAccount(who.account)
	primary := who.account.Primary()
	contact, err := journal.Open(ctx, k.Journal, primary.Fact, primary.Contact)
	if err != nil {
		return SignedIn{}, err
	}
	request := domain.VerificationRequested{Purpose: domain.VerifySignIn, Kind: contact.Kind, Medium: domain.MediumEmail, Account: who.account.ID,
		Contact: domain.Personal(contact, domain.AccountKey(who.account.ID), domain.VerificationKey(verification))}
	if request.LongCode, err = k.guessed(ctx, contact); err != nil {
		return SignedIn{}, err
	}
	before, err := k.proofStream(verification).read(ctx)
	if err != nil {
		return SignedIn{}, err
	}
	if before.state.request == nil {
		asked := domain.VerificationRequest{ID: verification, VerificationRequested: request}
		if request.Delivery, err = k.admit(ctx, k.admissionOf(&asked, contact, 1, a)); err != nil {
			return SignedIn{}, err
		}
	}
	begun, err := change[*domain.SignIn]{stream: k.signInStream(id), about: concerning[*domain.SignIn](a),
		decide: func(_ context.Context, _ *domain.SignIn, head journal.Head) ([]any, error) {
			return []any{domain.SignInBegun{Methods: []domain.AuthMethod{domain.MethodPassword}, Needs: []domain.SignInNeed{domain.NeedCode},
				Unusual: unusual, Expires: k.factTime(head).Add(domain.SignInLifetime), OwnerAt: who.ownerAt}}, nil
		}}.by(ctx, k)
	if err == nil && begun.facts[0].Restored { // its message is not sent any more
		err = domain.ErrRepeatLate
	}
	if err != nil {
		return SignedIn{}, err
	}
	at := begun.facts[0].At
	handle, err := k.handle(ctx, at)
	if err != nil {
		return SignedIn{}, err
	}
	request.HandleHash = domain.HashHandle(handle)
	if _, err = (change[*proof]{stream: k.proofStream(verification), about: concerning[*proof](a.after(begun.facts[0], begun.facts[0])), mayKeep: true,
		decide: func(_ context.Context, p *proof, _ journal.Head) ([]any, error) {
			if p.request != nil {
				return nil, nil
			}
			return []any{request}, nil
		}}).by(ctx, k); err != nil {
		return SignedIn{}, err
	}
	s := begun.state.Begun
	return SignedIn{Pending: &PendingSignIn{ID: id, Handle: handle, Needs: s.Needs, Expires: s.Expires}}, nil
}

// continueSignIn starts the session once the code is right. Wrong codes are counted as everywhere: five end the sign-in. A repeat of the
// request that started the session gets the same token.
func (k *call) continueSignIn(ctx context.Context, in ContinueSignIn) (SignedIn, error) {
	id := domain.VerificationID(in.ID)
	defer k.hold(domain.VerificationStream(id))()
	k.bind([]byte(domain.CleanCode(in.Code)))
	s, r, err := k.ownSignIn(ctx, in)
	if err != nil {
		return SignedIn{}, err
	}
	account, err := k.holdersAccount(ctx, r.Account)
	if err != nil {
		return SignedIn{}, err
	}
	if r.Fact.Restored || standingOf(account).gone || !s.Open(account.EverywhereAt, k.now) {
		return SignedIn{}, domain.ErrSignInEnded
	}
	session := domain.SessionID{UUID: domain.Derive(in.ID.UUID, "session")}
	started, mine, err := k.startedBefore(ctx, account.ID.UUID, session)
	switch {
	case err != nil:
		return SignedIn{}, err
	case started && !mine:
		return SignedIn{}, errors.Join(domain.ErrSignInEnded, k.passSignIn(ctx, in.ID, s, account, session))
	case !started:
		if _, err := k.decideCode(ctx, CheckCode{Verification: id, Handle: in.Handle, Code: in.Code}, r); err != nil {
			return SignedIn{}, endsSignIn(err)
		}
	}
	who, err := k.renewed(ctx, holder{id: account.ID.UUID, kind: domain.ActorPerson, account: account})
	switch {
	case errors.Is(err, domain.ErrCredentials):
		return SignedIn{}, domain.ErrSignInEnded
	case err != nil:
		return SignedIn{}, err
	case !s.Open(who.account.EverywhereAt, k.now):
		return SignedIn{}, domain.ErrSignInEnded
	}
	who.ownerAt = s.Begun.OwnerAt
	if err := k.spendStart(who.id, nil, false); err != nil && !started { // it can be continued later
		return SignedIn{}, err
	}
	out, err := k.begin(ctx, beginning{session: session, holder: who, methods: append(slices.Clip(s.Begun.Methods), domain.MethodCode),
		unusual: s.Begun.Unusual})
	if err != nil {
		return SignedIn{}, err
	}
	return out, k.beside(ctx, func(ctx context.Context) error {
		_ = k.clearRows(ctx, who.account) // else they go on
		return nil
	}, func(ctx context.Context) error { return k.passSignIn(ctx, in.ID, s, account, session) })
}

// startedBefore reports whether a session has started lately, and whether this very request started it.
func (k *call) startedBefore(ctx context.Context, owner uuid.UUID, id domain.SessionID) (started, mine bool, err error) {
	for _, month := range []domain.Month{domain.MonthOf(k.now), domain.MonthOf(k.now.Add(-domain.SignInLifetime))} {
		at, err := k.sessionsStream(owner, month).read(ctx)
		if err != nil {
			return false, false, err
		}
		if at.state.All[id] != nil {
			return true, k.keyed && len(at.before(k.command)) > 0, nil
		}
	}
	return false, false, nil
}

// passSignIn records that a sign-in became a session, and destroys the key of its code's address.
func (k *call) passSignIn(ctx context.Context, id domain.SignInID, s *domain.SignIn, account *domain.Account, session domain.SessionID) error {
	_, err := change[*domain.SignIn]{stream: k.signInStream(id), about: concerning[*domain.SignIn](ofAccount(account).after(s.Fact, s.Fact)), mayKeep: true,
		decide: func(_ context.Context, s *domain.SignIn, _ journal.Head) ([]any, error) { return s.Pass(session), nil }}.by(ctx, k)
	if err != nil {
		return err
	}
	return k.Journal.Destroy(ctx, domain.VerificationKey(domain.VerificationID(id)))
}

// ownSignIn reads a sign-in that needs a code, and its verification, and requires the handle. Beside that it reads what is needed later.
func (k *call) ownSignIn(ctx context.Context, in ContinueSignIn) (s *domain.SignIn, r *domain.VerificationRequest, err error) {
	id := domain.VerificationID(in.ID)
	var p *proof
	err = k.beside(ctx, func(ctx context.Context) (err error) {
		s, err = stateOf(ctx, k.signInStream(in.ID))
		return err
	}, func(ctx context.Context) (err error) {
		p, err = stateOf(ctx, k.proofStream(id))
		return err
	}, func(ctx context.Context) error { return k.readAround(ctx, id) }, func(ctx context.Context) error {
		r := k.cachedRequest(id)
		if r == nil {
			return nil
		}
		_, err := k.holdersAccount(ctx, r.Account)
		return err
	})
	if err == nil && (s.Begun == nil || p.request == nil || !p.request.Owns(in.Handle)) {
		err = domain.ErrSignIn
	}
	if err != nil {
		return nil, nil, err
	}
	return s, p.request, nil
}

// endsSignIn says of a code's refusal what it means for the sign-in.
func endsSignIn(err error) error {
	for _, over := range []error{domain.ErrEnded, domain.ErrVerified, domain.ErrCodeExpired, journal.ErrUnreadable} {
		if errors.Is(err, over) {
			return domain.ErrSignInEnded
		}
	}
	return err
}
