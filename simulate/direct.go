package simulate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
	"accountledger/totp"
)

// Direct plays through the commands of a menu in this process: the same commands as over HTTP. It is a Ledger and a Settler.
type Direct struct {
	menu    *commands.Menu
	notices map[domain.Permission]domain.EventID
}

var (
	_ Ledger  = (*Direct)(nil)
	_ Settler = (*Direct)(nil)
)

// CheapHashing are parameters for password hashes that cost next to nothing, for simulated people, who have nothing to protect.
// A later sign-in through a server hashes again with that server's parameters.
func CheapHashing() passwords.Params { return passwords.Params{MemoryKiB: 8, Passes: 1, Lanes: 1} }

// NewDirect plays on a menu, which should have a hasher with CheapHashing.
func NewDirect(ctx context.Context, menu *commands.Menu) (*Direct, error) {
	d := &Direct{menu: menu, notices: map[domain.Permission]domain.EventID{}}
	all, err := ask(ctx, d, menu.Catalogue, domain.Guest(), "catalogue", commands.Catalogue{Language: "en"})
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		d.notices[e.Key] = e.Current.Event
	}
	return d, nil
}

// ask sends a command as the API does.
func ask[I, O any](ctx context.Context, _ *Direct, command commands.Command[I, O], who domain.Caller, operation string, in I) (O, error) {
	r := commands.Request{Caller: who, Channel: domain.ChannelAPI, Operation: operation,
		Client: domain.ClientInfo{Address: "192.0.2.1", UserAgent: "accountledger-simulate/1"}} // of RFC 5737, for documentation
	a, err := command(ctx, r, in)
	return a.Value, err
}

// settle sends a command as the ledger's processes do.
func settle[I, O any](ctx context.Context, command commands.Command[I, O], in I) (O, error) {
	a, err := command(ctx, commands.Request{Caller: domain.System(), Channel: domain.ChannelProcess, Operation: "settle"}, in)
	return a.Value, err
}

// SignUp implements Ledger.
func (d *Direct) SignUp(ctx context.Context, who *Person) (SignUp, error) {
	a, err := ask(ctx, d, d.menu.SignUp, domain.Guest(), "signUp", commands.SignUp{Email: who.Email, Password: passwords.New(who.Password),
		Region: who.Region, Language: who.Language, BirthMonth: who.BirthMonth})
	return SignUp{ID: a.Verification, Handle: a.Handle, Issue: 1, Code: a.CodeExpires}, err
}

// Resend implements Ledger.
func (d *Direct) Resend(ctx context.Context, s SignUp) (SignUp, error) {
	a, err := ask(ctx, d, d.menu.Resend, domain.Guest(), "resendCode", commands.Resend{Verification: s.ID, Handle: s.Handle})
	s.Code = a.CodeExpires
	return s, err
}

// Code derives the code as the notifier does before sending it.
func (d *Direct) Code(ctx context.Context, _ string, s SignUp) (string, error) {
	m, err := settle(ctx, d.menu.Message, domain.MessageRequest{Verification: s.ID, Issue: s.Issue})
	return m.Code, err
}

// Check implements Ledger.
func (d *Direct) Check(ctx context.Context, s SignUp, code string) (domain.AccountID, error) {
	a, err := ask(ctx, d, d.menu.CheckCode, domain.Guest(), "checkCode", commands.CheckCode{Verification: s.ID, Handle: s.Handle, Code: code})
	return a.Account, err
}

// Recover implements Ledger.
func (d *Direct) Recover(ctx context.Context, who *Person, client string) (SignUp, error) {
	a, err := ask(ctx, d, d.menu.Recover, domain.Guest(), "recover", commands.Recover{Email: who.Email, Client: commands.Token(client)})
	return SignUp{ID: domain.VerificationID(a.ID), Handle: a.Handle, Issue: 1, Code: a.CodeExpires}, err
}

// Complete implements Ledger.
func (d *Direct) Complete(ctx context.Context, s SignUp, code, password string, by func([]domain.RecoveryWay) Proof) ([]domain.RecoveryWay, []string, error) {
	id := domain.RecoveryID(s.ID)
	checked, err := ask(ctx, d, d.menu.CheckRecovery, domain.Guest(), "checkRecovery", commands.CheckRecovery{ID: id, Handle: s.Handle, Code: code})
	if err != nil {
		return nil, nil, err
	}
	in := commands.CompleteRecovery{ID: id, Handle: s.Handle, Password: passwords.New(password)}
	if len(checked.Needs) > 0 {
		in.Evidence = by(checked.Needs).evidence()
	}
	a, err := ask(ctx, d, d.menu.CompleteRecovery, domain.Guest(), "completeRecovery", in)
	return checked.Needs, a.Codes, err
}

func (p Proof) evidence() commands.Evidence {
	return commands.Evidence{Code: p.Code, TOTP: p.TOTP, RecoveryCode: p.RecoveryCode}
}

// Secure implements Ledger.
func (d *Direct) Secure(ctx context.Context, s Session, now time.Time) (Second, error) {
	offer, err := ask(ctx, d, d.menu.OfferTOTP, s.Caller, "offerTOTP", struct{}{})
	if err != nil {
		return Second{}, err
	}
	seed, err := totp.Seed(offer.Seed)
	if err != nil {
		return Second{}, err
	}
	a, err := ask(ctx, d, d.menu.ConfirmTOTP, s.Caller, "confirmTOTP", commands.ConfirmTOTP{Continuation: offer.Continuation, Code: totp.Code(seed, now),
		Name: "my phone"})
	return Second{App: a.Factor.ID, Seed: seed, Codes: a.Codes}, err
}

// MakeCodes implements Ledger.
func (d *Direct) MakeCodes(ctx context.Context, s Session) ([]string, error) {
	a, err := ask(ctx, d, d.menu.MakeCodes, s.Caller, "makeRecoveryCodes", struct{}{})
	return a.Codes, err
}

// RemoveFactor implements Ledger.
func (d *Direct) RemoveFactor(ctx context.Context, s Session, id domain.FactorID) error {
	_, err := ask(ctx, d, d.menu.RemoveFactor, s.Caller, "removeFactor", commands.RemoveFactor{ID: id})
	return err
}

// AddContact implements Ledger.
func (d *Direct) AddContact(ctx context.Context, s Session, email string) (SignUp, error) {
	a, err := ask(ctx, d, d.menu.AddContact, s.Caller, "addContact", commands.AddContact{Email: email})
	return SignUp{ID: a.Verification, Handle: a.Handle, Issue: 1, Code: a.CodeExpires}, err
}

// MakePrimary implements Ledger.
func (d *Direct) MakePrimary(ctx context.Context, s Session, email string) error {
	all, err := ask(ctx, d, d.menu.ListContacts, s.Caller, "listContacts", struct{}{})
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.Email == email {
			_, err := ask(ctx, d, d.menu.MakePrimary, s.Caller, "makePrimary", commands.OwnContact{ID: c.ID})
			return err
		}
	}
	return domain.ErrNotFound
}

// SignIn implements Ledger.
func (d *Direct) SignIn(ctx context.Context, who *Person, password, client string) (Session, error) {
	return d.signIn(ctx, commands.SignIn{Email: who.Email, Password: passwords.New(password), Client: commands.Token(client)})
}

// ContinueSignIn implements Ledger.
func (d *Direct) ContinueSignIn(ctx context.Context, p SignUp, with Proof) (Session, error) {
	a, err := ask(ctx, d, d.menu.ContinueSignIn, domain.Guest(), "continueSignIn",
		commands.ContinueSignIn{ID: domain.SignInID(p.ID), Handle: p.Handle, Evidence: with.evidence()})
	if err != nil {
		return Session{}, err
	}
	return d.begun(ctx, a)
}

// Officer implements Ledger.
func (d *Direct) Officer(ctx context.Context, email, password string) (Session, error) {
	return d.signIn(ctx, commands.SignIn{Email: email, Password: passwords.New(password), Staff: true})
}

func (d *Direct) signIn(ctx context.Context, in commands.SignIn) (Session, error) {
	a, err := ask(ctx, d, d.menu.SignIn, domain.Guest(), "signIn", in)
	if err != nil {
		return Session{}, err
	}
	if p := a.Pending; p != nil {
		return Session{Pending: &SignUp{ID: domain.VerificationID(p.ID), Handle: p.Handle, Issue: 1, Code: p.Expires},
			Factor: !slices.Contains(p.Needs, domain.MethodCode)}, nil
	}
	return d.begun(ctx, a)
}

// begun is a session that has started.
func (d *Direct) begun(ctx context.Context, a commands.SignedIn) (Session, error) {
	s := Session{ID: a.Session, Account: a.Account, Expires: a.Expires, Client: string(a.Client)}
	var err error
	s.Caller, err = d.menu.Authenticate(ctx, a.Token)
	return s, err
}

// SignOut implements Ledger.
func (d *Direct) SignOut(ctx context.Context, s Session) error {
	_, err := ask(ctx, d, d.menu.EndSession, s.Caller, "endSession", commands.EndSession{ID: s.ID})
	return err
}

// SignOutEverywhere implements Ledger.
func (d *Direct) SignOutEverywhere(ctx context.Context, s Session) error {
	_, err := ask(ctx, d, d.menu.SignOutEverywhere, s.Caller, "signOutEverywhere", struct{}{})
	return err
}

// Decide implements Ledger.
func (d *Direct) Decide(ctx context.Context, s Session, a domain.Allowance, grant bool) error {
	in := domain.SetPermission{Permission: a.Permission, Purpose: a.Purpose, Grant: grant}
	if grant {
		in.Notice = d.notices[a.Permission]
	}
	_, err := ask(ctx, d, d.menu.SetPermission, s.Caller, "setPermission", in)
	return err
}

// Link implements Ledger.
func (d *Direct) Link(ctx context.Context, s Session, c DeviceChoice) error {
	_, err := ask(ctx, d, d.menu.LinkDevice, s.Caller, "linkDevice", domain.LinkDevice{Kind: c.Kind, Model: c.Model, Name: c.Name})
	return err
}

// Devices implements Ledger.
func (d *Direct) Devices(ctx context.Context, s Session) ([]domain.DeviceID, error) {
	all, err := ask(ctx, d, d.menu.ListDevices, s.Caller, "listDevices", struct{}{})
	ids := make([]domain.DeviceID, len(all))
	for i, one := range all {
		ids[i] = one.ID
	}
	return ids, err
}

// Rename implements Ledger.
func (d *Direct) Rename(ctx context.Context, s Session, id domain.DeviceID, name string) error {
	_, err := ask(ctx, d, d.menu.RenameDevice, s.Caller, "renameDevice", commands.RenameDevice{ID: id, Name: name})
	return err
}

// Unlink implements Ledger.
func (d *Direct) Unlink(ctx context.Context, s Session, id domain.DeviceID) error {
	_, err := ask(ctx, d, d.menu.UnlinkDevice, s.Caller, "unlinkDevice", commands.UnlinkDevice{ID: id})
	return err
}

// RequestErasure implements Ledger.
func (d *Direct) RequestErasure(ctx context.Context, s Session) (Erasure, error) {
	a, err := ask(ctx, d, d.menu.RequestErasure, s.Caller, "requestErasure", commands.RequestErasure{})
	return Erasure{ID: a.ID, Due: a.Due}, err
}

// CancelErasure implements Ledger.
func (d *Direct) CancelErasure(ctx context.Context, s Session, id string) error {
	_, err := ask(ctx, d, d.menu.CancelErasure, s.Caller, "cancelErasure", commands.Erasure{ID: id})
	return err
}

// SeeErasure implements Ledger.
func (d *Direct) SeeErasure(ctx context.Context, id string) (domain.ErasureState, error) {
	a, err := ask(ctx, d, d.menu.SeeErasure, domain.Guest(), "seeErasure", commands.Erasure{ID: id})
	return a.State, err
}

// Ask implements Ledger.
func (d *Direct) Ask(ctx context.Context, key string, account domain.AccountID, a domain.Allowance) (bool, error) {
	who, err := d.menu.Authenticate(ctx, commands.Token(key))
	if err != nil {
		return false, err
	}
	out, err := ask(ctx, d, d.menu.DecideAccess, who, "decideAccess", commands.DecideAccess{Account: account, Permission: a.Permission, Purpose: a.Purpose})
	return out.Outcome == domain.Allowed, err
}

// Enrol implements Ledger.
func (d *Direct) Enrol(ctx context.Context, code, password string) error {
	_, err := ask(ctx, d, d.menu.Enrol, domain.Guest(), "enrol", commands.Enrol{Code: commands.Token(code), Password: passwords.New(password)})
	return err
}

// why is the reason a simulated officer gives.
func why(c domain.CaseID) commands.Why { return commands.Why{Purpose: domain.LookSupport, Case: c} }

// LookUp implements Ledger.
func (d *Direct) LookUp(ctx context.Context, officer Session, email string, c domain.CaseID) (bool, error) {
	a, err := ask(ctx, d, d.menu.LookUp, officer.Caller, "lookUp", commands.LookUp{Why: why(c), Email: email})
	return a.Found, err
}

// Reveal implements Ledger.
func (d *Direct) Reveal(ctx context.Context, officer Session, account domain.AccountID, c domain.CaseID) error {
	_, err := ask(ctx, d, d.menu.Reveal, officer.Caller, "reveal", commands.Reveal{Why: why(c), Account: account, Parts: revealed()})
	return err
}

// revealed are the parts that simulated officers look at.
func revealed() []domain.RevealedPart {
	return []domain.RevealedPart{domain.RevealEmail, domain.RevealNames}
}

// SettleSignUp implements Settler.
func (d *Direct) SettleSignUp(ctx context.Context, id domain.VerificationID) (bool, error) {
	a, err := settle(ctx, d.menu.SettleVerification, commands.SettleVerification{ID: id})
	return a.Ended, err
}

// SettleErasure implements Settler.
func (d *Direct) SettleErasure(ctx context.Context, id domain.AccountID) (bool, error) {
	a, err := settle(ctx, d.menu.SettleErasure, commands.SettleErasure{Account: id})
	return a.State == domain.ErasureDone, err
}

// Retain implements Settler.
func (d *Direct) Retain(ctx context.Context) error {
	_, err := settle(ctx, d.menu.Retain, struct{}{})
	if err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	return nil
}
