package commands

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passkeys"
)

// PendingSignIn is a sign-in that needs more than the password.
type PendingSignIn struct {
	ID domain.SignInID
	// Handle is required to continue it; it is shown only here.
	Handle  string
	Needs   []domain.AuthMethod // one of them
	Expires time.Time
	// Passkey is what a passkey is asked for with; nil if none is needed.
	Passkey *passkeys.AssertionOptions
}

// ContinueSignIn continues a sign-in with what it needs.
type ContinueSignIn struct {
	ID       domain.SignInID `json:"id"`
	Handle   string          `json:"-"`
	Evidence Evidence        `json:"-"`
	// Remember asks for the password to be enough for this client for a time, if a second factor is proven.
	Remember bool `json:"remember"`
}

// needed lists what a person's sign-in with the right password needs besides, one of which is enough; none if it needs nothing. A repeat of one
// that needed nothing needs nothing either. guessed: there were too many wrong passwords in a row.
func (k *call) needed(ctx context.Context, in *beginning, guessed bool) ([]domain.AuthMethod, error) {
	if in.account == nil {
		return nil, nil
	}
	second := in.account.SecondMethods()
	if len(second) == 0 && k.Config.Unusual != UnusualCode && !guessed {
		return nil, nil
	}
	clients, err := stateOf(ctx, k.clientsStream(in.id))
	if err != nil {
		return nil, err
	}
	hash := hashClient(in.id, in.client)
	if clients.Remembered(hash, max(in.account.EverywhereAt, in.account.FactorsAt), k.now) {
		return nil, nil
	}
	if started, _, err := k.startedBefore(ctx, in.id, in.session); err != nil || started {
		return nil, err
	}
	known := clients.Known(hash, in.account.EverywhereAt, k.now)
	if !known {
		in.unusual = from{isNew: true, other: clients.Other("")}.unusual(in.unusual)
	}
	switch {
	case len(second) > 0:
		return second, nil
	case k.needsCode(in, known, guessed):
		return []domain.AuthMethod{domain.MethodCode}, nil
	}
	return nil, nil
}

// askForMore begins a sign-in that needs more than the password.
func (k *call) askForMore(ctx context.Context, in beginning, needs []domain.AuthMethod) (SignedIn, error) {
	if slices.Contains(needs, domain.MethodCode) {
		return k.askForCode(ctx, in, needs)
	}
	pending, _, err := k.beginSignIn(ctx, in, needs)
	if err != nil {
		return SignedIn{}, err
	}
	if slices.Contains(needs, domain.MethodPasskey) {
		if pending.Passkey, err = k.askPasskey(ctx, in.account, domain.UseSignIn, pending.ID.UUID[:]); err != nil {
			return SignedIn{}, err
		}
	}
	return SignedIn{Pending: pending}, nil
}

// signInID is the id of a sign-in that this command begins.
func (k *call) signInID() domain.SignInID {
	return domain.SignInID{UUID: domain.Derive(k.command.UUID, "sign_in")}
}

// beginSignIn records that a sign-in needs more than what was proven.
func (k *call) beginSignIn(ctx context.Context, in beginning, needs []domain.AuthMethod) (*PendingSignIn, domain.Fact, error) {
	var none domain.Fact
	begun, err := change[*domain.SignIn]{stream: k.signInStream(k.signInID()), about: concerning[*domain.SignIn](ofAccount(in.account)), new: true,
		decide: func(ctx context.Context, _ *domain.SignIn, head journal.Head) ([]any, error) {
			at := k.factTime(head)
			handle, err := k.handle(ctx, at)
			if err != nil {
				return nil, err
			}
			return []any{domain.SignInBegun{Methods: in.methods, Needs: needs, Unusual: in.unusual, HandleHash: domain.HashHandle(handle),
				Expires: at.Add(domain.SignInLifetime), OwnerAt: in.ownerAt}}, nil
		}}.by(ctx, k)
	if err == nil && begun.facts[0].Restored { // it has ended
		err = domain.ErrRepeatLate
	}
	if err != nil {
		return nil, none, err
	}
	handle, err := k.handle(ctx, begun.facts[0].At)
	if err != nil {
		return nil, none, err
	}
	s := begun.state.Begun
	return &PendingSignIn{ID: k.signInID(), Handle: handle, Needs: s.Needs, Expires: s.Expires}, begun.facts[0], nil
}

// continueSignIn starts the session once what was given is right. Five wrong ones end the sign-in, whatever they are. A repeat of the request
// that started the session gets the same token.
func (k *call) continueSignIn(ctx context.Context, in ContinueSignIn) (SignedIn, error) {
	method, err := in.Evidence.method()
	if err != nil {
		return SignedIn{}, err
	}
	defer k.hold(domain.SignInStream(in.ID))()
	k.bind(in.Evidence.credential())
	s, account, err := k.ownSignIn(ctx, in)
	switch {
	case err != nil:
		return SignedIn{}, err
	case standingOf(account).gone || !s.Open(account.EverywhereAt, k.now):
		return SignedIn{}, domain.ErrSignInEnded
	case !slices.Contains(s.Begun.Needs, method):
		return SignedIn{}, domain.ErrNotAWay
	}
	session := domain.SessionID{UUID: domain.Derive(in.ID.UUID, "session")}
	started, mine, err := k.startedBefore(ctx, account.ID.UUID, session)
	switch {
	case err != nil:
		return SignedIn{}, err
	case started && !mine:
		return SignedIn{}, errors.Join(domain.ErrSignInEnded, k.passSignIn(ctx, in.ID, s, account, session))
	case !started:
		if err := k.proveMore(ctx, in, s, account, method); err != nil {
			return SignedIn{}, err
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
	if method == domain.MethodCode { // else it was spent when the sign-in began
		if err := k.spendStart(who.id, nil, false); err != nil && !started { // it can be continued later
			return SignedIn{}, err
		}
	}
	first := beginning{session: session, holder: who, methods: append(slices.Clip(s.Begun.Methods), method), level: domain.LevelTwo, unusual: s.Begun.Unusual}
	if method == domain.MethodCode {
		first.level = domain.LevelOne
	}
	out, err := k.begin(ctx, first)
	if err != nil {
		return SignedIn{}, err
	}
	return out, k.beside(ctx, func(ctx context.Context) error {
		_ = k.clearRows(ctx, who.account) // else they go on
		return nil
	}, func(ctx context.Context) error { return k.passSignIn(ctx, in.ID, s, account, session) }, func(ctx context.Context) error {
		if !in.Remember || first.level == domain.LevelOne {
			return nil
		}
		return k.remember(ctx, who, out.Client)
	})
}

// proveMore checks what a sign-in needs. A wrong factor counts as one of its tries, as a wrong code does of its verification's.
func (k *call) proveMore(ctx context.Context, in ContinueSignIn, s *domain.SignIn, a *domain.Account, method domain.AuthMethod) error {
	if method == domain.MethodCode {
		r, err := k.codeRequest(ctx, in.ID)
		if err != nil {
			return err
		}
		_, err = k.decideCode(ctx, CheckCode{Verification: domain.VerificationID(in.ID), Handle: in.Handle, Code: in.Evidence.Code}, r)
		return endsSignIn(err)
	}
	err := k.useFactor(ctx, a, in.Evidence, method, factorUse{what: domain.UseSignIn, bound: in.ID.UUID[:]})
	if !wrongFactor(err) {
		return err
	}
	_, failed := change[*domain.SignIn]{stream: k.signInStream(in.ID), about: concerning[*domain.SignIn](ofAccount(a).after(s.Fact, s.Fact)),
		decide: func(_ context.Context, s *domain.SignIn, _ journal.Head) ([]any, error) { return s.Fail(method) }}.by(ctx, k)
	if failed != nil {
		return failed
	}
	return err
}

// ownSignIn reads a sign-in that needs more, and whose it is, and requires the handle. Beside that it reads what is needed later.
func (k *call) ownSignIn(ctx context.Context, in ContinueSignIn) (s *domain.SignIn, a *domain.Account, err error) {
	err = k.beside(ctx, func(ctx context.Context) (err error) {
		s, err = stateOf(ctx, k.signInStream(in.ID))
		return err
	}, func(ctx context.Context) error {
		if in.Evidence.Code == "" {
			return nil
		}
		return k.readAround(ctx, domain.VerificationID(in.ID))
	}, func(ctx context.Context) error {
		if in.Evidence.Code == "" {
			return nil
		}
		_, err := k.proofStream(domain.VerificationID(in.ID)).read(ctx)
		return err
	}, func(ctx context.Context) error {
		var owner domain.AccountID
		if known, ok := k.signInStream(in.ID).cached(); ok {
			owner = known.Fact.Subject
		} else if r := k.cachedRequest(domain.VerificationID(in.ID)); r != nil {
			owner = r.Account
		}
		if owner.IsZero() {
			return nil
		}
		_, err := k.holdersAccount(ctx, owner)
		return err
	})
	if err == nil && !s.Owns(in.Handle) {
		err = domain.ErrSignIn
	}
	if err != nil {
		return nil, nil, err
	}
	a, err = k.holdersAccount(ctx, s.Fact.Subject)
	return s, a, err
}

// remember records that a client signs its owner in by the password alone from now on.
func (k *call) remember(ctx context.Context, who holder, client Token) error {
	secret, err := clientSecret(client)
	if err != nil || secret == nil { // a command keeps no token
		return err
	}
	own := k.aside("remember")
	own.Caller = k.Caller
	_, err = change[*domain.Clients]{stream: k.clientsStream(who.id), about: concerning[*domain.Clients](ofAccount(who.account)),
		decide: func(_ context.Context, c *domain.Clients, _ journal.Head) ([]any, error) {
			return c.Remember(hashClient(who.id, secret), who.ownerAt, k.now), nil
		}}.by(ctx, own)
	return err
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
