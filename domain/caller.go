package domain

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// Caller is an authenticated caller, or a guest.
type Caller struct {
	Actor   Actor
	Account AccountID // of a person
	Staff   StaffID   // of an officer
	Service ServiceID
	Key     int    // the number of a service's key
	Roles   []Role // of an officer
	Session SessionID
	Level   Level // of the session
	// Reach is the highest level that the caller can prove, and Ways those of which one proves it.
	Reach Level
	Ways  []AuthMethod
	// ProofAge is how long ago, at the time of the request, the owner of the session proved who they are.
	ProofAge time.Duration
	// Closing: the person's account is being erased; only the erasure and sessions can be used.
	Closing bool
	// UID is an operator's user id on the machine.
	UID int
}

// Guest is a caller who is not signed in.
func Guest() Caller { return Caller{Actor: Actor{Kind: ActorGuest}} }

// System is the ledger itself.
func System() Caller { return Caller{Actor: Actor{Kind: ActorSystem}} }

// Operator is somebody who runs a command on the machine.
func Operator(uid int) Caller {
	id := Derive(uuid.Nil, "operator", uint64(uid)) //nolint:gosec // user ids are not negative
	return Caller{Actor: Actor{Kind: ActorOperator, ID: ID[any]{id}}, UID: uid}
}

// Has reports whether an officer has a role.
func (c Caller) Has(r Role) bool { return c.Actor.Kind == ActorStaff && slices.Contains(c.Roles, r) }
