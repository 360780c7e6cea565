package commands

import (
	"context"

	"accountledger/domain"
	"accountledger/passkeys"
)

// SignInByPasskey starts a session for the owner of the passkey that answers; nobody types a name.
type SignInByPasskey struct {
	Passkey PasskeyAnswer `json:"-"`
	Client  Token         `json:"-"`
}

// askSignIn makes the options for a guest: nothing is read or kept for them, and they are the same for everybody.
func (k *call) askSignIn(context.Context, struct{}) (passkeys.AssertionOptions, error) {
	rp, err := k.relyingParty()
	if err != nil {
		return passkeys.AssertionOptions{}, err
	}
	return rp.Assertion(k.challenges().New(passkeys.ToSignIn, nil, k.now), passkeys.Required), nil
}

// signInByPasskey starts a session of level two: its authenticator knows its user. Two appends: the passkey's use, so that no answer passes
// twice, and the session's. A crash between them costs a challenge. Nothing is appended for what is wrong: nobody guesses a passkey, and
// without one nobody makes a stream grow.
func (k *call) signInByPasskey(ctx context.Context, in SignInByPasskey) (SignedIn, error) {
	client, err := clientSecret(in.Client)
	if err != nil {
		return SignedIn{}, err
	}
	by := proofBy{purpose: passkeys.ToSignIn, named: true, uv: passkeys.Required, what: domain.UseSignIn}
	answer, err := k.checkAssertion(in.Passkey, by)
	if err != nil {
		return SignedIn{}, err
	}
	k.bind([]byte(in.Passkey))
	owner, ok := k.userHandles().Account(answer.Handle())
	if !ok {
		return SignedIn{}, domain.ErrPasskey.At("/passkey/response/userHandle")
	}
	defer k.hold("passkey/" + owner.String())()
	account, err := k.holdersAccount(ctx, domain.AccountID{UUID: owner})
	if err != nil {
		return SignedIn{}, err
	}
	who := holder{id: owner, kind: domain.ActorPerson, account: account, ownerAt: account.Version}
	if standingOf(account).gone {
		return SignedIn{}, domain.ErrPasskey.At("/passkey/id")
	}
	used, err := k.usePasskey(ctx, account, answer, by)
	if err != nil {
		return SignedIn{}, err
	}
	if account.Disowned && !used.Tried(k.now) { // by somebody who had the password, perhaps
		return SignedIn{}, domain.ErrDisowned
	}
	known, err := k.knowsClient(ctx, who, client)
	if err != nil {
		return SignedIn{}, err
	}
	if err := k.spendStart(owner, client, known); err != nil {
		return SignedIn{}, err
	}
	return k.begin(ctx, beginning{holder: who, client: client, session: domain.SessionID{UUID: domain.Derive(k.command.UUID, "session")},
		methods: []domain.AuthMethod{domain.MethodPasskey}, level: domain.LevelTwo})
}
