package domain

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/google/uuid"
)

// ID is an opaque id of one kind of thing. It is public and says nothing about what it names.
type ID[K any] struct{ uuid.UUID }

// Kinds of ids.
type (
	accountKind  struct{}
	signUpKind   struct{}
	proofKind    struct{}
	claimKind    struct{}
	deviceKind   struct{}
	sessionKind  struct{}
	signInKind   struct{}
	staffKind    struct{}
	serviceKind  struct{}
	deliveryKind struct{}
	commandKind  struct{}
	passwordKind struct{}
	recoveryKind struct{}
	factorKind   struct{}
	eventKind    struct{}
	logKind      struct{}

	// AccountID names a person's account; views and services see nothing else of a person.
	AccountID = ID[accountKind]
	// SignUpID names a sign-up. Its verification has the same UUID.
	SignUpID = ID[signUpKind]
	// VerificationID names a verification: somebody proving that they read what is sent to an address.
	VerificationID = ID[proofKind]
	// ClaimID names the claim that an account has on an identifier.
	ClaimID = ID[claimKind]
	// DeviceID names a linked device.
	DeviceID = ID[deviceKind]
	// SessionID names a session.
	SessionID = ID[sessionKind]
	// SignInID names a sign-in that needs more than the password. The verification of its code has the same UUID.
	SignInID = ID[signInKind]
	// StaffID names an officer.
	StaffID = ID[staffKind]
	// ServiceID names a connected service.
	ServiceID = ID[serviceKind]
	// DeliveryID names one message to a person.
	DeliveryID = ID[deliveryKind]
	// CommandID names one command; all ids the command makes derive from it.
	CommandID = ID[commandKind]
	// PasswordID names one of the passwords that an account has had.
	PasswordID = ID[passwordKind]
	// RecoveryID names a recovery. Its verification has the same UUID.
	RecoveryID = ID[recoveryKind]
	// FactorID names a factor that an account has beside its password.
	FactorID = ID[factorKind]
	// EventID names an event. It tells when the event was recorded, to the millisecond, unless it derives from another's.
	EventID = ID[eventKind]
	// LogID names a log.
	LogID = ID[logKind]
)

// IsZero reports whether the id is unset.
func (id ID[K]) IsZero() bool { return id.UUID == uuid.Nil }

// ParseID parses an id in canonical form; anything else is refused.
func ParseID(s string) (uuid.UUID, bool) {
	id, err := uuid.Parse(s)
	return id, err == nil && id.String() == s && id != uuid.Nil
}

// Derive derives the id of what a step makes from origin: a UUIDv8 (RFC 9562) of SHA-256 over a fixed prefix, the origin and
// the step. The same origin and step always give the same id, so a repeated step gets the same id.
func Derive(origin uuid.UUID, step string, n ...uint64) uuid.UUID {
	h := sha256.New()
	h.Write([]byte("accountledger/derive/1\x00"))
	h.Write(origin[:])
	h.Write([]byte(step))
	for _, v := range n {
		h.Write(binary.BigEndian.AppendUint64([]byte{0}, v))
	}
	id := uuid.UUID(h.Sum(nil)[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}
