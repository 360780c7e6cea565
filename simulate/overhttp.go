package simulate

import (
	"context"
	"net/url"
	"slices"
	"time"

	"accountledger/domain"
)

// OverHTTP plays through the public API like any client; codes come from a Mailroom. It is a Ledger.
type OverHTTP struct {
	*client
	mail    *Mailroom
	notices map[domain.Permission]string
}

var _ Ledger = (*OverHTTP)(nil)

// NewOverHTTP plays on the API at base, such as http://127.0.0.1:8080.
func NewOverHTTP(ctx context.Context, base string, connections int, mail *Mailroom) (*OverHTTP, error) {
	h := &OverHTTP{client: newClient(base, connections), mail: mail, notices: map[domain.Permission]string{}}
	var all struct {
		Permissions []struct {
			Permission domain.Permission `json:"permission"`
			Notice     struct {
				ID string `json:"id"`
			} `json:"notice"`
		} `json:"permissions"`
	}
	if err := h.send(ctx, "catalogue", "GET", "/v1/catalogue?language=en", "", nil, &all); err != nil {
		return nil, err
	}
	for _, p := range all.Permissions {
		h.notices[p.Permission] = p.Notice.ID
	}
	return h, nil
}

// Latencies returns how long each operation took.
func (h *OverHTTP) Latencies() []Latency { return h.latencies() }

// fields is a request body.
type fields map[string]any

// SignUp implements Ledger.
func (h *OverHTTP) SignUp(ctx context.Context, who *Person) (SignUp, error) {
	in := fields{"email": who.Email, "password": who.Password, "region": who.Region, "language": who.Language, "birth_month": who.BirthMonth}
	if who.Funnel == NeverAsks {
		return h.begin(ctx, "signUp", "/v1/sign-ups", "", in)
	}
	return h.expecting(who.Email, func() (SignUp, error) { return h.begin(ctx, "signUp", "/v1/sign-ups", "", in) })
}

// Recover implements Ledger.
func (h *OverHTTP) Recover(ctx context.Context, who *Person, client string) (SignUp, error) {
	in := fields{"email": who.Email}
	if client != "" {
		in["client"] = client
	}
	return h.expecting(who.Email, func() (SignUp, error) {
		var a struct {
			Recovery    domain.VerificationID `json:"recovery"` // the verification's, too
			Handle      string                `json:"handle"`
			CodeExpires time.Time             `json:"code_expires_at"`
		}
		err := h.send(ctx, "recover", "POST", "/v1/recoveries", "", in, &a)
		return SignUp{ID: a.Recovery, Handle: a.Handle, Issue: 1, Code: a.CodeExpires}, err
	})
}

// Complete implements Ledger.
func (h *OverHTTP) Complete(ctx context.Context, s SignUp, code, password string, by func([]domain.RecoveryWay) Proof) ([]domain.RecoveryWay, []string, error) {
	path := "/v1/recoveries/" + s.ID.String()
	var checked struct {
		Needs []domain.RecoveryWay `json:"needs"`
	}
	if err := h.send(ctx, "checkRecovery", "POST", path+"/check", "", fields{"handle": s.Handle, "code": code}, &checked); err != nil {
		return nil, nil, err
	}
	in := fields{"handle": s.Handle, "password": password}
	if len(checked.Needs) > 0 {
		in.prove(by(checked.Needs))
	}
	var a factorMade
	err := h.send(ctx, "completeRecovery", "POST", path+"/complete", "", in, &a)
	return checked.Needs, a.Codes, err
}

// AddContact implements Ledger.
func (h *OverHTTP) AddContact(ctx context.Context, s Session, email string) (SignUp, error) {
	return h.expecting(email, func() (SignUp, error) {
		return h.begin(ctx, "addContact", "/v1/me/contacts", s.Token, fields{"email": email})
	})
}

// MakePrimary implements Ledger.
func (h *OverHTTP) MakePrimary(ctx context.Context, s Session, email string) error {
	var all struct {
		Contacts []struct {
			ID    domain.ClaimID `json:"id"`
			Email string         `json:"email"`
		} `json:"contacts"`
	}
	if err := h.send(ctx, "listContacts", "GET", "/v1/me/contacts", s.Token, nil, &all); err != nil {
		return err
	}
	for _, c := range all.Contacts {
		if c.Email == email {
			return h.send(ctx, "makePrimary", "POST", "/v1/me/contacts/"+c.ID.String()+"/primary", s.Token, nil, nil)
		}
	}
	return domain.ErrNotFound
}

// expecting begins a verification with a code that will be read.
func (h *OverHTTP) expecting(email string, begin func() (SignUp, error)) (SignUp, error) {
	h.mail.expect(email)
	s, err := begin()
	if err != nil {
		h.mail.forget(email)
	}
	return s, err
}

// begin begins a verification.
func (h *OverHTTP) begin(ctx context.Context, operation, path, token string, in fields) (SignUp, error) {
	var a struct {
		Verification domain.VerificationID `json:"verification"`
		Handle       string                `json:"handle"`
		CodeExpires  time.Time             `json:"code_expires_at"`
	}
	err := h.send(ctx, operation, "POST", path, token, in, &a)
	return SignUp{ID: a.Verification, Handle: a.Handle, Issue: 1, Code: a.CodeExpires}, err
}

// Resend implements Ledger.
func (h *OverHTTP) Resend(ctx context.Context, s SignUp) (SignUp, error) {
	var a struct {
		CodeExpires time.Time `json:"code_expires_at"`
	}
	err := h.send(ctx, "resendCode", "POST", "/v1/verifications/"+s.ID.String()+"/resend", "", fields{"handle": s.Handle}, &a)
	s.Code = a.CodeExpires
	return s, err
}

// Code reads the code from the message.
func (h *OverHTTP) Code(ctx context.Context, email string, _ SignUp) (string, error) {
	return h.mail.read(ctx, email)
}

// Check implements Ledger.
func (h *OverHTTP) Check(ctx context.Context, s SignUp, code string) (domain.AccountID, error) {
	var a struct {
		Account domain.AccountID `json:"account"`
	}
	err := h.send(ctx, "checkCode", "POST", "/v1/verifications/"+s.ID.String()+"/check", "", fields{"handle": s.Handle, "code": code}, &a)
	return a.Account, err
}

// SignIn implements Ledger.
func (h *OverHTTP) SignIn(ctx context.Context, who *Person, password, client string) (Session, error) {
	in := fields{"email": who.Email, "password": password}
	if client != "" {
		in["client"] = client
	}
	h.mail.expect(who.Email)
	s, err := h.signIn(ctx, in)
	if s.Pending == nil || s.Factor {
		h.mail.forget(who.Email)
	}
	return s, err
}

// ContinueSignIn implements Ledger.
func (h *OverHTTP) ContinueSignIn(ctx context.Context, p SignUp, with Proof) (Session, error) {
	var a signedIn
	in := fields{"handle": p.Handle}
	in.prove(with)
	err := h.send(ctx, "continueSignIn", "POST", "/v1/sign-ins/"+p.ID.String()+"/factor", "", in, &a)
	return a.session(), err
}

// Officer implements Ledger.
func (h *OverHTTP) Officer(ctx context.Context, email, password string) (Session, error) {
	return h.signIn(ctx, fields{"email": email, "password": password, "staff": true})
}

func (h *OverHTTP) signIn(ctx context.Context, in fields) (Session, error) {
	var a signedIn
	err := h.send(ctx, "signIn", "POST", "/v1/sessions", "", in, &a)
	return a.session(), err
}

// signedIn is the answer to a sign-in.
type signedIn struct {
	Token   string           `json:"token"`
	Session domain.SessionID `json:"session"`
	Expires time.Time        `json:"expires_at"`
	Account domain.AccountID `json:"account"`
	Client  string           `json:"client"`

	SignIn domain.VerificationID `json:"sign_in"` // if it takes a code or a factor
	Needs  []domain.AuthMethod   `json:"needs"`
	Handle string                `json:"handle"`
}

func (a *signedIn) session() Session {
	if a.Handle != "" {
		return Session{Pending: &SignUp{ID: a.SignIn, Handle: a.Handle, Issue: 1, Code: a.Expires},
			Factor: !slices.Contains(a.Needs, domain.MethodCode)}
	}
	return Session{ID: a.Session, Account: a.Account, Expires: a.Expires, Client: a.Client, Token: a.Token}
}

// SignOut implements Ledger.
func (h *OverHTTP) SignOut(ctx context.Context, s Session) error {
	return h.send(ctx, "endSession", "DELETE", "/v1/sessions/"+s.ID.String(), s.Token, nil, nil)
}

// SignOutEverywhere implements Ledger.
func (h *OverHTTP) SignOutEverywhere(ctx context.Context, s Session) error {
	return h.send(ctx, "signOutEverywhere", "DELETE", "/v1/sessions", s.Token, nil, nil)
}

// Decide implements Ledger.
func (h *OverHTTP) Decide(ctx context.Context, s Session, a domain.Allowance, grant bool) error {
	in := fields{"purpose": a.Purpose, "state": domain.StateWithdrawn}
	if grant {
		in["state"], in["notice"] = domain.StateGranted, h.notices[a.Permission]
	}
	return h.send(ctx, "setPermission", "PUT", "/v1/me/permissions/"+string(a.Permission), s.Token, in, nil)
}

// Link implements Ledger.
func (h *OverHTTP) Link(ctx context.Context, s Session, d DeviceChoice) error {
	return h.send(ctx, "linkDevice", "POST", "/v1/me/devices", s.Token, fields{"kind": d.Kind, "model": d.Model, "name": d.Name}, nil)
}

// Devices implements Ledger.
func (h *OverHTTP) Devices(ctx context.Context, s Session) ([]domain.DeviceID, error) {
	var a struct {
		Devices []struct {
			ID domain.DeviceID `json:"id"`
		} `json:"devices"`
	}
	err := h.send(ctx, "listDevices", "GET", "/v1/me/devices", s.Token, nil, &a)
	ids := make([]domain.DeviceID, len(a.Devices))
	for i, d := range a.Devices {
		ids[i] = d.ID
	}
	return ids, err
}

// Rename implements Ledger.
func (h *OverHTTP) Rename(ctx context.Context, s Session, id domain.DeviceID, name string) error {
	return h.send(ctx, "renameDevice", "PATCH", "/v1/me/devices/"+id.String(), s.Token, fields{"name": name}, nil)
}

// Unlink implements Ledger.
func (h *OverHTTP) Unlink(ctx context.Context, s Session, id domain.DeviceID) error {
	return h.send(ctx, "unlinkDevice", "DELETE", "/v1/me/devices/"+id.String(), s.Token, nil, nil)
}

// RequestErasure implements Ledger.
func (h *OverHTTP) RequestErasure(ctx context.Context, s Session) (Erasure, error) {
	var a struct {
		ID    string    `json:"id"`
		DueAt time.Time `json:"due_at"`
	}
	err := h.send(ctx, "requestErasure", "POST", "/v1/erasures", s.Token, nil, &a)
	return Erasure{ID: a.ID, Due: a.DueAt}, err
}

// CancelErasure implements Ledger.
func (h *OverHTTP) CancelErasure(ctx context.Context, s Session, id string) error {
	return h.send(ctx, "cancelErasure", "DELETE", "/v1/erasures/"+url.PathEscape(id), s.Token, nil, nil)
}

// SeeErasure implements Ledger.
func (h *OverHTTP) SeeErasure(ctx context.Context, id string) (domain.ErasureState, error) {
	var a struct {
		State domain.ErasureState `json:"state"`
	}
	err := h.send(ctx, "seeErasure", "GET", "/v1/erasures/"+url.PathEscape(id), "", nil, &a)
	return a.State, err
}

// Ask implements Ledger.
func (h *OverHTTP) Ask(ctx context.Context, key string, account domain.AccountID, a domain.Allowance) (bool, error) {
	var out struct {
		Outcome domain.Outcome `json:"outcome"`
	}
	err := h.send(ctx, "decideAccess", "POST", "/v1/decisions", key, fields{"account": account, "permission": a.Permission, "purpose": a.Purpose}, &out)
	return out.Outcome == domain.Allowed, err
}

// Enrol implements Ledger.
func (h *OverHTTP) Enrol(ctx context.Context, code, password string) error {
	return h.send(ctx, "enrol", "POST", "/v1/enrolments", "", fields{"code": code, "password": password}, nil)
}

// LookUp implements Ledger.
func (h *OverHTTP) LookUp(ctx context.Context, officer Session, email string, c domain.CaseID) (bool, error) {
	var a struct {
		Found bool `json:"found"`
	}
	err := h.send(ctx, "lookUp", "POST", "/v1/lookups", officer.Token, fields{"email": email, "purpose": domain.LookSupport, "case": c}, &a)
	return a.Found, err
}

// Reveal implements Ledger.
func (h *OverHTTP) Reveal(ctx context.Context, officer Session, account domain.AccountID, c domain.CaseID) error {
	return h.send(ctx, "reveal", "POST", "/v1/accounts/"+account.String()+"/reveal", officer.Token,
		fields{"purpose": domain.LookSupport, "case": c, "parts": revealed()}, nil)
}
