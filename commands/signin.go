package commands

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passwords"
)

// SignIn starts a session of a person or an officer.
type SignIn struct {
	Email    string             `json:"email"`
	Password passwords.Password `json:"-"`
	Staff    bool               `json:"staff"`
	// Client is the token by which the client is known from an earlier sign-in, or empty.
	Client Token `json:"-"`
}

// SignedIn is the answer: the token is shown only here.
type SignedIn struct {
	Token   Token
	Session domain.SessionID
	Expires time.Time
	Account domain.AccountID // of a person
	Roles   []domain.Role    // of an officer
	Closing bool
	// Client is the token by which the client is known from now on: what it sent if it is known of this owner, or another one.
	Client Token
	// Pending: the password is right, and there is no session before more is proven; nothing else is set then.
	Pending *PendingSignIn
}

// signIn takes the same time and gives the same answer for an unknown identifier and for a wrong password.
func (k *call) signIn(ctx context.Context, in SignIn) (SignedIn, error) {
	contact, err := domain.ParseEmail(in.Email)
	if err != nil {
		return SignedIn{}, err
	}
	client, err := clientSecret(in.Client)
	if err != nil {
		return SignedIn{}, err
	}
	space := spacePeople
	if in.Staff {
		space = spaceStaff
	}
	digest := k.digest(space, contact)
	k.bind(digest[:])
	if k.keyed { // of concurrent repeats one is an attempt at a time
		defer k.hold("sign-in/" + k.command.String())()
	}
	var who holder
	var counters signInCounters
	if err := k.beside(ctx, func(ctx context.Context) (err error) {
		who, err = k.holder(ctx, digest, in.Staff)
		return err
	}, func(ctx context.Context) (err error) {
		counters, err = k.signInCounters(ctx, digest, client)
		return err
	}); err != nil {
		return SignedIn{}, err
	}
	known, err := k.knowsClient(ctx, who, client)
	known = known || k.Channel == domain.ChannelConsole // strangers do not come to the machine
	class := passwords.SignIn
	if known {
		class = passwords.Known
	}
	var first beginning
	var needs []domain.AuthMethod
	if err == nil {
		err = k.proven(k.turn(ctx, class), who, in.Password, domain.ErrCredentials, counters.of(known), func() (err error) {
			guessed := k.guessedAt(counters.row) && !known
			if guessed && in.Staff { // there is no second proof yet
				return domain.ErrCredentials
			}
			if who, err = k.renewedBeside(ctx, who, !known); err != nil {
				return err
			}
			if who.account != nil && who.account.Disowned {
				return domain.ErrDisowned
			}
			first = beginning{holder: who, client: client, session: domain.SessionID{UUID: domain.Derive(k.command.UUID, "session")},
				methods: []domain.AuthMethod{domain.MethodPassword}, level: domain.LevelOne}
			if first.unusual, err = k.unusual(ctx, first, &counters, guessed); err != nil {
				return err
			}
			if needs, err = k.needed(ctx, &first, guessed); err != nil || slices.Contains(needs, domain.MethodCode) {
				return err // messages have a budget of their own
			}
			return k.spendStart(who.id, client, known)
		})
	}
	switch {
	case err != nil:
		return SignedIn{}, err
	case len(needs) > 0:
		return k.askForMore(ctx, first, needs)
	}
	begun, err := k.begin(ctx, first)
	if err == nil {
		_ = k.clearRow(ctx, counters.row) // else the row goes on
	}
	return begun, err
}

// bind ties the command to a credential, such as the identifier that signs in or the code that is checked: guests choose their
// Idempotency-Keys, and two who choose the same one must not get what derives from one command, such as a session's secret.
func (k *call) bind(credential []byte) {
	mac := k.keys.commands.MAC([]byte("bind"), k.command.UUID[:], credential)
	k.command = domain.CommandID{UUID: domain.Derive(uuid.UUID(mac[:16]), "command")}
}

// beginning is a session about to start.
type beginning struct {
	holder
	client  []byte // the secret that the client sent
	session domain.SessionID
	methods []domain.AuthMethod
	level   domain.Level
	unusual []domain.Unusual // for which reasons, as far as they were looked for
}

// begin appends the session's start to the month's stream, after the client if it is new: a crash between them leaves a client that
// nobody has, or that the repeat gets.
func (k *call) begin(ctx context.Context, in beginning) (SignedIn, error) {
	who, id := in.holder, in.session
	a, lifetime := about{}, domain.StaffSessionLifetime
	if who.account != nil {
		a, lifetime = ofAccount(who.account), domain.SessionLifetime
		if err := k.ageAgain(ctx, who.account); err != nil {
			return SignedIn{}, err
		}
	}
	k.Caller.Actor = domain.Actor{Kind: who.kind, ID: domain.ID[any]{UUID: who.id}}
	month, err := k.sessionMonth(ctx, who.id, id)
	if err != nil {
		return SignedIn{}, err
	}
	from, err := k.clientOf(ctx, who, a, in.client)
	if err != nil {
		return SignedIn{}, err
	}
	out, err := change[*domain.Sessions]{stream: k.sessionsStream(who.id, month), about: concerning[*domain.Sessions](a),
		decide: func(ctx context.Context, s *domain.Sessions, head journal.Head) ([]any, error) {
			if s.All[id] != nil { // a sign-in that another request continued
				return nil, domain.ErrSignInEnded
			}
			secret, err := k.secret(ctx, "session", k.factTime(head))
			if err != nil {
				return nil, err
			}
			var events []any
			if one := s.Displaced(k.now); !one.IsZero() {
				events = append(events, domain.SessionEnded{Session: one, Reason: domain.SessionDisplaced})
			}
			started := k.sessionStarted(id, who, month, secret, lifetime)
			started.Level, started.Methods, started.NewClient, started.Unusual = in.level, in.methods, from.isNew, from.unusual(in.unusual)
			if started.First, err = k.firstSession(ctx, who, s, k.factTime(head)); err != nil {
				return nil, err
			}
			return append(events, started), nil
		}}.by(ctx, k)
	if err != nil {
		return SignedIn{}, err
	}
	started := out.facts[len(out.facts)-1]
	if out.repeat && (started.Restored || out.state.All[id].Ended) {
		return SignedIn{}, domain.ErrRepeatLate
	}
	secret, err := k.secret(ctx, "session", started.At)
	if err != nil {
		return SignedIn{}, err
	}
	e := started.Event.(domain.SessionStarted) // found or made above
	begun := who.signedIn(month, id, secret, e.Expires)
	begun.Client = clientToken(from.secret)
	return begun, nil
}

// signedIn tells the holder of a session's new token.
func (who holder) signedIn(month domain.Month, id domain.SessionID, secret []byte, expires time.Time) SignedIn {
	in := SignedIn{Token: sessionToken{who.kind, who.id, month, id, secret}.String(), Session: id, Expires: expires, Roles: who.roles}
	if who.account != nil {
		in.Account, in.Closing = who.account.ID, who.account.Erasure.UnderWay()
	}
	return in
}

// sessionMonth is the month that a session starts in; a repeat just after a month's end finds the first request's.
func (k *call) sessionMonth(ctx context.Context, owner uuid.UUID, id domain.SessionID) (domain.Month, error) {
	months := k.sessionMonths()
	for _, month := range months[1:] {
		s, err := k.session(ctx, owner, month, id)
		if err != nil || s.Session == id {
			return month, err
		}
	}
	return months[0], nil
}

// sessionMonths are the months that a session can start in: this one, and the one before while a repeat can be from then.
func (k *call) sessionMonths() []domain.Month {
	month, before := domain.MonthOf(k.now), domain.MonthOf(k.now.Add(-repeatWindow))
	if !k.keyed || before == month {
		return []domain.Month{month}
	}
	return []domain.Month{month, before}
}

func (k *call) sessionStarted(id domain.SessionID, who holder, month domain.Month, secret []byte, lifetime time.Duration) domain.SessionStarted {
	keys := []string{domain.StaffKey(domain.StaffID{UUID: who.id}), domain.MonthKey(month)}
	var cohort domain.Month
	if who.kind == domain.ActorPerson {
		keys[0], cohort = domain.AccountKey(who.account.ID), who.account.Cohort()
	}
	return domain.SessionStarted{Session: id, Owner: who.kind, SecretHash: hashSecret(secret), Expires: k.now.Add(lifetime), OwnerAt: who.ownerAt,
		Cohort: cohort, Client: domain.Personal(k.clientInfo(), keys...)}
}

// ageAgain decides the person's capacity again.
func (k *call) ageAgain(ctx context.Context, account *domain.Account) error {
	birth, err := journal.Open(ctx, k.Journal, account.Birth.Fact, account.Birth.Month)
	if err != nil {
		return err
	}
	if len(account.DecideCapacity(birth, k.now)) == 0 {
		return nil
	}
	c := k.changeAccount(account.ID, func(a *domain.Account) ([]any, error) { return a.DecideCapacity(birth, k.now), nil })
	c.mayKeep = true // another sign-in was quicker
	_, err = c.by(ctx, k.aside("age"))
	return err
}

// aside is a call of the ledger's own for something that a request brings about beside what it asks for.
func (k *call) aside(step string) *call {
	own := &call{core: k.core, Request: k.Request, input: k.input, now: k.now, command: domain.CommandID{UUID: domain.Derive(k.command.UUID, step)}}
	own.Caller = domain.System()
	return own
}
