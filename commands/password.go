package commands

import (
	"context"
	"errors"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passwords"
)

// ChangePassword replaces the password of the caller's account by another one (OWASP ASVS 5.0, 6.2.2 and 6.2.3).
type ChangePassword struct {
	Current passwords.Password `json:"-"`
	New     passwords.Password `json:"-"`
	// EndOthers ends all other sessions, and makes the owner's clients unknown but for the one that asks.
	EndOthers bool `json:"end_others"`
	// Client is the token by which the client is known, or empty.
	Client Token `json:"-"`
}

// changePassword hashes twice. The account's append decides; after it come the client's, which stays known, and the session's, which goes on
// with another token. A crash between them leaves the new password in force, and the owner signs in with it.
func (k *call) changePassword(ctx context.Context, in ChangePassword) (SignedIn, error) {
	client, err := clientSecret(in.Client)
	if err != nil {
		return SignedIn{}, err
	}
	month, err := k.ownMonth(ctx)
	if err != nil {
		return SignedIn{}, err
	}
	who, err := k.self(ctx)
	if err != nil {
		return SignedIn{}, err
	}
	if err := k.checkOwnPassword(ctx, who.account, in.New, "/new"); err != nil {
		return SignedIn{}, err
	}
	by := domain.MethodPasskey
	if !who.account.Password.None() { // else the fresh proof stands for it
		by = domain.MethodPassword
		if in.Current.IsZero() {
			return SignedIn{}, domain.ErrPassword.At("/current")
		}
		if err := k.proveSelf(ctx, who, in.Current, domain.ErrPassword.At("/current")); err != nil {
			return SignedIn{}, err
		}
	}
	if in.New.Same(in.Current) {
		return SignedIn{}, domain.ErrSamePassword.At("/new")
	}
	hash, err := k.Hasher.Hash(k.turn(ctx, passwords.Known), in.New)
	if err != nil {
		return SignedIn{}, err
	}
	session, err := k.session(ctx, who.id, month, k.Caller.Session)
	if err != nil {
		return SignedIn{}, err
	}
	known := false
	if client != nil {
		if known, err = k.knowsClient(ctx, who, client); err != nil {
			return SignedIn{}, err
		}
	}
	proven, id := who.account.Password.ID, domain.PasswordID{UUID: domain.Derive(k.command.UUID, "password")}
	out, err := k.change(ctx, k.Caller.Account, func(a *domain.Account) ([]any, error) {
		if !session.Open(a.EverywhereAt, k.now) {
			return nil, domain.ErrSession
		}
		return a.ChangePassword(proven, id, domain.PasswordHash(hash), in.EndOthers)
	})
	if err != nil {
		return SignedIn{}, err
	}
	who.account = out.state
	_ = k.forgetPasswords(ctx, out.state) // else the process that handles deadlines does
	if known && in.EndOthers {
		if err := k.keepClient(ctx, who, client); err != nil {
			return SignedIn{}, err
		}
	}
	return k.renewSession(ctx, month, who, session.Level, by, func(one *domain.Session) (int64, error) {
		if one.Ended {
			return 0, domain.ErrSession
		}
		return out.facts[len(out.facts)-1].Version, nil
	})
}

// keepClient has a client that was known stay so, although its owner signed out everywhere else.
func (k *call) keepClient(ctx context.Context, who holder, secret []byte) error {
	known := domain.ClientKnown{Client: hashClient(who.id, secret), OwnerAt: who.account.EverywhereAt}
	_, err := change[*domain.Clients]{stream: k.clientsStream(who.id), about: concerning[*domain.Clients](ofAccount(who.account)), mayKeep: true,
		decide: func(_ context.Context, c *domain.Clients, _ journal.Head) ([]any, error) { return c.Keep(known), nil }}.by(ctx, k)
	return err
}

// removePassword leaves the caller's account without a password: its owner signs in by passkeys.
func (k *call) removePassword(ctx context.Context, _ struct{}) (struct{}, error) {
	out, err := k.change(ctx, k.Caller.Account, func(a *domain.Account) ([]any, error) { return a.RemovePassword(k.now) })
	if err != nil {
		return struct{}{}, err
	}
	_ = k.forgetPasswords(ctx, out.state) // else the process that handles deadlines does
	return struct{}{}, nil
}

// checkOwnPassword refuses a password for an account that is not good enough, naming the field.
func (k *call) checkOwnPassword(ctx context.Context, a *domain.Account, p passwords.Password, field string) error {
	var o opening
	contacts := contactsOf(&o, a)
	if err := o.open(ctx, k.Journal); err != nil {
		return err
	}
	known := make([]string, len(contacts))
	for i, c := range contacts {
		known[i] = c.Email
	}
	return passwordRefusal(k.Checker.Check(p, passwordUse(a), known...), field)
}

// passwordUse is what an account's password is used for (NIST SP 800-63B-4, 3.1.1.2).
func passwordUse(a *domain.Account) passwords.Use {
	if a.Reach() > domain.LevelOne {
		return passwords.WithFactor
	}
	return passwords.Alone
}

// SettlePassword destroys the keys of the passwords that an account had before, and finishes recoveries that set one.
type SettlePassword struct {
	Account domain.AccountID `json:"account"`
}

// settlePassword is for the process that finishes interrupted work. It is idempotent.
func (k *call) settlePassword(ctx context.Context, in SettlePassword) (struct{}, error) {
	a, err := k.account(ctx, in.Account)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, errors.Join(k.forgetPasswords(ctx, a), k.settleRecovered(ctx, a))
}

func (k *call) forgetPasswords(ctx context.Context, a *domain.Account) error {
	if len(a.Password.Replaced) == 0 {
		return nil
	}
	keys := make([]string, len(a.Password.Replaced))
	for i, id := range a.Password.Replaced {
		keys[i] = domain.PasswordKey(id)
	}
	return k.Journal.Destroy(ctx, keys...)
}
