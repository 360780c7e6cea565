package operate

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
)

// AccountShow is an officer's look at an account as it was at a given time. It holds their password and prints as [personal].
type AccountShow struct {
	// Email and Password are the officer's.
	Email    string `json:"email"`
	Password string `json:"password"`
	// Account is the id of the account.
	Account string `json:"account"`
	Purpose string `json:"purpose"`
	Case    string `json:"case"`
	// At is the moment up to and with which the account is shown; zero: now.
	At time.Time `json:"at,omitzero"`
}

// Format prints [personal] for every verb.
func (AccountShow) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("[personal]")) }

// LogValue logs [personal].
func (AccountShow) LogValue() slog.Value { return slog.StringValue("[personal]") }

var errAccountID = &domain.Error{Kind: domain.Invalid, Code: "invalid_account", Message: "This is not an account's id.", Field: "/account"}

// Check refuses what is malformed before anybody signs in: the account's id, the purpose or the case.
func (s AccountShow) Check() error {
	switch _, ok := domain.ParseID(s.Account); {
	case !ok:
		return errAccountID
	case domain.Purpose(s.Purpose).ValidateLook() != nil:
		return domain.ErrLookPurpose
	case domain.CaseID(s.Case).Validate() != nil:
		return domain.ErrCase
	}
	return nil
}

// ShowAccount gives a compliance officer an account as it was at a given time: it signs the officer in, has the look recorded as
// theirs, and ends the session. Errors: those of Check, of a sign-in, domain.ErrForbidden without the role of compliance,
// domain.ErrNotFound where there was no such account at the time. That is recorded, too.
var ShowAccount = &Operation[AccountShow, AccountShown]{
	Info:  Info{Name: "show", Records: RecordedFirst, As: domain.OpReplayShow},
	check: func(_ context.Context, _ *Ledger, in AccountShow) error { return in.Check() },
	do:    showAccount,
}

func showAccount(ctx context.Context, o *call, in AccountShow) (AccountShown, error) {
	r := o.request("replayShow")
	r.Caller = domain.Guest()
	signedIn, err := o.Menu.SignIn(ctx, r, commands.SignIn{Email: in.Email, Password: passwords.New(in.Password), Staff: true})
	if err != nil {
		return AccountShown{}, err
	}
	if r.Caller, err = o.Menu.Authenticate(ctx, signedIn.Value.Token); err != nil {
		return AccountShown{}, err
	}
	defer o.endShow(ctx, r)
	id, _ := domain.ParseID(in.Account) // checked
	a, err := o.Menu.ShowAccount(ctx, r, commands.ShowAccount{Account: domain.AccountID{UUID: id}, At: in.At,
		Why: commands.Why{Purpose: domain.Purpose(in.Purpose), Case: domain.CaseID(in.Case)}})
	if err != nil {
		return AccountShown{}, err
	}
	return accountShown(a.Value), nil
}

// endShow ends the officer's session, however the look ended.
func (o *call) endShow(ctx context.Context, r commands.Request) {
	ctx = context.WithoutCancel(ctx)
	if _, err := o.Menu.EndSession(ctx, r, commands.EndSession{ID: r.Caller.Session}); err != nil { // it ends by itself, later
		o.Logger.Warn("the session of a look at an account could not be ended", "error", err.Error())
	}
}
