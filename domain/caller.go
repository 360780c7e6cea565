package domain

import (
	"slices"

	"github.com/google/uuid"
)

// Caller is who asks, as Authenticate found out.
type Caller struct {
	Actor   Actor
	Account AccountID // of a person
	Staff   StaffID   // of an officer
	Service ServiceID
	Roles   []Role // of an officer
	Session SessionID
	// Closing: the person's account is being erased; only the erasure and sessions are left.
	Closing bool
	// UID is the system's user behind an operator.
	UID int
}

// Guest is whoever is not signed in.
func Guest() Caller { return Caller{Actor: Actor{Kind: ActorGuest}} }

// System is the ledger itself.
func System() Caller { return Caller{Actor: Actor{Kind: ActorSystem}} }

// Operator is whoever runs a command on the machine.
func Operator(uid int) Caller {
	id := Derive(uuid.Nil, "operator", uint64(uid)) //nolint:gosec // user ids are not negative
	return Caller{Actor: Actor{Kind: ActorOperator, ID: ID[any]{id}}, UID: uid}
}

// Has reports whether an officer has a role.
func (c Caller) Has(r Role) bool { return c.Actor.Kind == ActorStaff && slices.Contains(c.Roles, r) }
