package simulate

import (
	"context"
	"errors"
	"time"

	"accountledger/domain"
)

// Ledger is what a population needs from a ledger. Refusals are *domain.Error, identified by code. It is safe for concurrent use.
type Ledger interface {
	SignUp(ctx context.Context, who *Person) (SignUp, error)
	// Resend requests a new code.
	Resend(ctx context.Context, s SignUp) (SignUp, error)
	// Code returns the latest code sent to an address, as the person reads it; "" if the message had none.
	Code(ctx context.Context, email string, s SignUp) (string, error)
	// Check gives a code, of a sign-up or of another address.
	Check(ctx context.Context, s SignUp, code string) (domain.AccountID, error)
	// Recover asks for a code to set a new password; the answer is good for Code and Complete.
	Recover(ctx context.Context, who *Person, client string) (SignUp, error)
	// Complete gives the code and sets the password. If more is needed, by gives it: the answer has what was needed, and recovery codes if
	// there are others now.
	Complete(ctx context.Context, s SignUp, code, password string, by func([]domain.RecoveryWay) Proof) (needs []domain.RecoveryWay, codes []string, err error)
	// AddContact asks for another address.
	AddContact(ctx context.Context, s Session, email string) (SignUp, error)
	// MakePrimary makes an address that the person has the primary one.
	MakePrimary(ctx context.Context, s Session, email string) error

	// SignIn signs in with a client that is known from an earlier session, or none. It may take a code: then the session is Pending, and
	// nothing else of it is set.
	SignIn(ctx context.Context, who *Person, password, client string) (Session, error)
	// ContinueSignIn gives what a sign-in takes.
	ContinueSignIn(ctx context.Context, pending SignUp, with Proof) (Session, error)
	// Secure sets an authenticator app up, as of a time.
	Secure(ctx context.Context, s Session, now time.Time) (Second, error)
	MakeCodes(ctx context.Context, s Session) ([]string, error)
	RemoveFactor(ctx context.Context, s Session, id domain.FactorID) error
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

	// Ask is a service's question; key is the service's key.
	Ask(ctx context.Context, key string, account domain.AccountID, a domain.Allowance) (allowed bool, err error)
	// Enrol sets an officer's password, given the one-time code.
	Enrol(ctx context.Context, code, password string) error
	// Officer starts an officer's session.
	Officer(ctx context.Context, email, password string) (Session, error)
	LookUp(ctx context.Context, officer Session, email string, c domain.CaseID) (found bool, err error)
	Reveal(ctx context.Context, officer Session, account domain.AccountID, c domain.CaseID) error
}

// Settler does the work of the ledger's own processes, for a history that is played faster than they could follow.
type Settler interface {
	// SettleSignUp ends an expired sign-up.
	SettleSignUp(ctx context.Context, id domain.VerificationID) (ended bool, err error)
	// SettleErasure carries out an erasure that is due.
	SettleErasure(ctx context.Context, id domain.AccountID) (completed bool, err error)
	// Retain destroys expired keys.
	Retain(ctx context.Context) error
}

// Operator does what an operator does before a population arrives.
type Operator interface {
	// AddService connects a service and returns its key.
	AddService(ctx context.Context, name string, allowed []domain.Allowance) (key string, err error)
	// AddOfficer adds a compliance officer and returns the one-time code.
	AddOfficer(ctx context.Context, email string) (code string, err error)
}

// SignUp is a sign-up in progress, another address that is not proven yet, a sign-in that takes a code, or a recovery.
type SignUp struct {
	ID     domain.VerificationID
	Handle string
	Issue  int       // of the code: 1, then one more for each new code
	Code   time.Time // when the code expires
}

// Session is a session of a person or an officer.
type Session struct {
	ID      domain.SessionID
	Account domain.AccountID // of a person
	Expires time.Time
	Client  string        // by which the client is known from now on
	Token   string        // over HTTP
	Caller  domain.Caller // in process
	Pending *SignUp       // a code or a factor has to be given first
	Factor  bool          // it is a factor
}

// Erasure is a requested erasure.
type Erasure struct {
	ID  string
	Due time.Time
}

// refused reports whether err is the given refusal.
func refused(err error, want *domain.Error) bool { return errors.Is(err, want) }
