package simulate

import (
	"context"
	"errors"
	"time"

	"accountledger/domain"
)

// Ledger is what a population needs of a ledger. A refusal is a *domain.Error by its code, whatever the way. It is
// safe for concurrent use.
type Ledger interface {
	SignUp(ctx context.Context, who *Person) (SignUp, error)
	// Resend asks for the code again.
	Resend(ctx context.Context, s SignUp) (SignUp, error)
	// Code gives the newest code that was sent because of a sign-up, as its person reads it; "" when the message had none.
	Code(ctx context.Context, who *Person, s SignUp) (string, error)
	Check(ctx context.Context, s SignUp, code string) (domain.AccountID, error)

	SignIn(ctx context.Context, who *Person, password string) (Session, error)
	SignOut(ctx context.Context, s Session) error
	SignOutEverywhere(ctx context.Context, s Session) error
	Decide(ctx context.Context, s Session, a domain.Allowance, grant bool) error
	Link(ctx context.Context, s Session, d DeviceChoice) error
	Devices(ctx context.Context, s Session) ([]domain.DeviceID, error)
	Rename(ctx context.Context, s Session, id domain.DeviceID, name string) error
	Unlink(ctx context.Context, s Session, id domain.DeviceID) error
	RequestErasure(ctx context.Context, s Session) (Erasure, error)
	CancelErasure(ctx context.Context, s Session, id string) error
	SeeErasure(ctx context.Context, id string) (domain.ErasureState, error)

	// Ask is a service's question; key is the one that it was connected with.
	Ask(ctx context.Context, key string, account domain.AccountID, a domain.Allowance) (allowed bool, err error)
	// Enrol sets an officer's password by the one-time code.
	Enrol(ctx context.Context, code, password string) error
	// Officer begins an officer's session.
	Officer(ctx context.Context, email, password string) (Session, error)
	LookUp(ctx context.Context, officer Session, email string, c domain.CaseID) (found bool, err error)
	Reveal(ctx context.Context, officer Session, account domain.AccountID, c domain.CaseID) error
}

// Settler does what the ledger's own processes do, for a history that is played faster than they could follow.
type Settler interface {
	// SettleSignUp ends a sign-up whose time is over.
	SettleSignUp(ctx context.Context, id domain.SignUpID) (ended bool, err error)
	// SettleErasure carries out an erasure that is due.
	SettleErasure(ctx context.Context, id domain.AccountID) (completed bool, err error)
	// Retain destroys keys whose time is over.
	Retain(ctx context.Context) error
}

// Operator is what is done on the machine before a population comes.
type Operator interface {
	// AddService connects a service and gives its key.
	AddService(ctx context.Context, name string, allowed []domain.Allowance) (key string, err error)
	// AddOfficer adds an officer for compliance and gives the one-time code.
	AddOfficer(ctx context.Context, email string) (code string, err error)
}

// SignUp is a sign-up under way.
type SignUp struct {
	ID     domain.SignUpID
	Handle string
	Issue  int       // of the code: 1, and one more for each new one
	Code   time.Time // when the code expires
}

// Session is a session of a person or an officer.
type Session struct {
	ID      domain.SessionID
	Account domain.AccountID // of a person
	Expires time.Time
	Token   string        // over HTTP
	Caller  domain.Caller // in process
}

// Erasure is one that was asked for.
type Erasure struct {
	ID  string
	Due time.Time
}

// refused reports whether err is that refusal.
func refused(err error, want *domain.Error) bool { return errors.Is(err, want) }
