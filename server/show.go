package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
)

// ShowAccount is an officer's look at an account as it was at a moment. It holds their password and prints as [personal].
type ShowAccount struct {
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
func (ShowAccount) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("[personal]")) }

// LogValue logs [personal].
func (ShowAccount) LogValue() slog.Value { return slog.StringValue("[personal]") }

var errAccountID = &domain.Error{Kind: domain.Invalid, Code: "invalid_account", Message: "This is not an account's id.", Field: "/account"}

// Check says what of a look cannot be asked for, before anybody signs in: the account's id, the purpose or the case.
func (s ShowAccount) Check() error {
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

// Show records the operator's command, signs the officer in, has the look recorded as theirs, and gives what they may see;
// the session ends with it. Errors: those of Check, of a sign-in, domain.ErrForbidden without the role of compliance,
// domain.ErrNotFound where there was no such account at the time. That is recorded, too.
func (o operator) Show(ctx context.Context, in ShowAccount) (AccountShown, error) {
	if err := in.Check(); err != nil {
		return AccountShown{}, err
	}
	because, err := o.record(ctx, domain.OpReplayShow)
	if err != nil {
		return AccountShown{}, err
	}
	r := o.request("replayShow", because)
	r.Caller = domain.Guest()
	signedIn, err := o.menu.SignIn(ctx, r, commands.SignIn{Email: in.Email, Password: passwords.New(in.Password), Staff: true})
	if err != nil {
		return AccountShown{}, err
	}
	if r.Caller, err = o.menu.Authenticate(ctx, signedIn.Value.Token); err != nil {
		return AccountShown{}, err
	}
	defer o.endShow(ctx, r)
	id, _ := domain.ParseID(in.Account) // checked above
	a, err := o.menu.ShowAccount(ctx, r, commands.ShowAccount{Account: domain.AccountID{UUID: id}, At: in.At,
		Why: commands.Why{Purpose: domain.Purpose(in.Purpose), Case: domain.CaseID(in.Case)}})
	if err != nil {
		return AccountShown{}, err
	}
	return accountShown(a.Value), nil
}

// endShow ends the officer's session, whatever became of the look.
func (o operator) endShow(ctx context.Context, r commands.Request) {
	ctx = context.WithoutCancel(ctx)
	if _, err := o.menu.EndSession(ctx, r, commands.EndSession{ID: r.Caller.Session}); err != nil { // it ends by itself, later
		o.log.Warn("the session of a look at an account could not be ended", "error", err.Error())
	}
}

func handleShow(s *Server, mux *http.ServeMux) {
	handle(s, mux, "show", func(ctx context.Context, o operator, in ShowAccount, _ func(Progress)) (AccountShown, error) {
		return o.Show(ctx, in)
	})
}

func (r *remote) Show(ctx context.Context, in ShowAccount) (AccountShown, error) {
	return ask[AccountShown](ctx, r, "show", in, nil)
}
