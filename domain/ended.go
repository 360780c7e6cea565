package domain

import (
	"strings"

	"github.com/google/uuid"
)

// Ended names the keys that a fact ends.
type Ended struct {
	// Before lists keys destroyed before the fact was recorded.
	Before []string
	// After lists keys destroyed once it is recorded: by the same command, or after a crash by the process that finishes
	// interrupted work.
	After []string
}

// KeysEnded says which keys a fact ends.
func KeysEnded(f Fact) (e Ended) {
	switch event := f.Event.(type) {
	case ErasureCompleted:
		e.Before = []string{AccountKey(f.Subject)}
	case SignUpCompleted, SignUpLapsed:
		if id, ok := streamOf(f.Stream); ok {
			e.Before = []string{SignUpKey(SignUpID{UUID: id})}
		}
	case RecoveryCompleted, RecoveryLapsed:
		if id, ok := streamOf(f.Stream); ok {
			e.Before = []string{RecoveryKey(RecoveryID{UUID: id})}
		}
	case VerificationEnded:
		if id, ok := streamOf(f.Stream); ok && event.Purpose.OfAccount() { // any other address has the key of what it was given for
			e.After = []string{VerificationKey(VerificationID{UUID: id})}
		}
	case ContactAttached:
		e.After = []string{VerificationKey(event.Verification)}
	case SignInPassed:
		if id, ok := streamOf(f.Stream); ok {
			e.After = []string{VerificationKey(VerificationID{UUID: id})}
		}
	case DeviceUnlinked:
		e.After = []string{DeviceKey(event.Device)}
	case IdentifierRetired:
		if id, ok := streamOf(f.Stream); ok {
			e.After = []string{IdentifierKey(ClaimID{UUID: id})}
		}
	}
	return e
}

// EndsKeys reports whether events of a stored type, in any version, can end keys; the others need not be read.
func EndsKeys(typ string) bool {
	base, _, _ := strings.Cut(typ, ".v")
	switch base {
	case "erasure.completed", "verification.ended", "contact.attached", "sign_up.completed", "sign_up.lapsed", "recovery.completed", "recovery.lapsed",
		"device.unlinked", "sign_in.passed", "identifier.retired":
		return true
	}
	return false
}

// streamOf is the id in a stream's name.
func streamOf(stream string) (uuid.UUID, bool) {
	_, text, _ := strings.Cut(stream, "-")
	return ParseID(text)
}
