package domain

import (
	"encoding/hex"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Names of streams. They are stored and must not change.

// SignUpStream holds a sign-up's request and its end.
func SignUpStream(id SignUpID) string { return "signup-" + id.String() }

// RecoveryStream holds a recovery's request and its end.
func RecoveryStream(id RecoveryID) string { return "recovery-" + id.String() }

// VerificationStream holds the verification of one identifier. That of a sign-up or a recovery begins with its first failure or second code,
// since its request is in their stream; any other begins with its request.
func VerificationStream(id VerificationID) string { return "verification-" + id.String() }

// IdentifierStream holds the claim on an identifier.
func IdentifierStream(id ClaimID) string { return "identifier-" + id.String() }

// AccountStream holds an account's lifecycle, permissions and devices.
func AccountStream(id AccountID) string { return "account-" + id.String() }

// SessionsStream holds the sessions that an account or officer started in a month.
func SessionsStream(owner uuid.UUID, month Month) string {
	return "sessions-" + owner.String() + "-" + string(month)
}

// MissedStream holds the verifications and recoveries of an account that came to nothing.
func MissedStream(id AccountID) string { return "missed-" + id.String() }

// SignInStream holds a sign-in that needs more than the password.
func SignInStream(id SignInID) string { return "signin-" + id.String() }

// FactorStream holds the uses of a factor.
func FactorStream(id FactorID) string { return "factor-" + id.String() }

// ClientsStream holds the clients that an account or officer signed in with.
func ClientsStream(owner uuid.UUID) string { return "clients-" + owner.String() }

// AttemptsStream holds what was counted for one limit in a day or a month, under a hash keyed by it.
func AttemptsStream(hash [32]byte, period string) string {
	return "attempts-" + hex.EncodeToString(hash[:16]) + "-" + period
}

// StaffStream holds an officer's enrolment and roles.
func StaffStream(id StaffID) string { return "staff-" + id.String() }

// ServicesStream holds all connected services: there are few, their names are unique, and they are listed.
const ServicesStream = "services"

// AccessStream holds the accesses that one process recorded on a day.
func AccessStream(writer uuid.UUID, day Day) string {
	return "access-" + writer.String() + "-" + string(day)
}

// DeliveryStream holds the delivery of one message to a person.
func DeliveryStream(id DeliveryID) string { return "delivery-" + id.String() }

// NoticeStream holds the texts published for a permission.
func NoticeStream(p Permission) string { return "notice-" + string(p) }

// OperationsStream holds operators' commands.
const OperationsStream = "operations"

// IsStream reports whether a name is one of the ledger's streams: made by the functions above, or a single stream.
func IsStream(name string) bool {
	switch name {
	case OperationsStream, ServicesStream, ClockStream, RestoresStream, BackupsStream, ControllerStream, PartyStream:
		return true
	}
	kind, rest, _ := strings.Cut(name, "-")
	switch kind {
	case "signup", "recovery", "verification", "identifier", "account", "staff", "delivery", "clients", "signin", "missed", "factor":
		return isID(rest)
	case "sessions":
		id, month, ok := cutID(rest)
		return ok && isID(id) && Month(month).Validate() == nil
	case "access":
		id, day, ok := cutID(rest)
		return ok && isID(id) && Day(day).Validate() == nil
	case "attempts":
		hash, period, ok := strings.Cut(rest, "-")
		b, err := hex.DecodeString(hash)
		return ok && err == nil && len(b) == 16 && (Day(period).Validate() == nil || Month(period).Validate() == nil)
	case "notice":
		return Permission(rest).Validate() == nil
	}
	return false
}

// cutID cuts off what follows an id in a stream's name.
func cutID(rest string) (id, after string, ok bool) {
	const length = len("00000000-0000-0000-0000-000000000000")
	if len(rest) <= length || rest[length] != '-' {
		return "", "", false
	}
	return rest[:length], rest[length+1:], true
}

func isID(s string) bool {
	id, err := uuid.Parse(s)
	return err == nil && id.String() == s
}

// Names of keys. They are stored and must not change.

// SignUpKey seals the personal parts of a sign-up, and the hash of its password, until it ends.
func SignUpKey(id SignUpID) string { return "signup/" + id.String() }

// RecoveryKey seals the address of a recovery until it ends.
func RecoveryKey(id RecoveryID) string { return "recovery/" + id.String() }

// VerificationKey and the account's key seal the address of a verification that an account asked for, until it ends.
func VerificationKey(id VerificationID) string { return "verification/" + id.String() }

// AccountKey seals an account's personal parts.
func AccountKey(id AccountID) string { return "account/" + id.String() }

// IdentifierKey and the account's key seal an identifier; it is destroyed when the identifier changes.
func IdentifierKey(id ClaimID) string { return "identifier/" + id.String() }

// DeviceKey and the account's key seal a device's model and name; it is destroyed when the device is unlinked.
func DeviceKey(id DeviceID) string { return "device/" + id.String() }

// PasswordKey and the account's key seal the hash of a password; it is destroyed when the password is replaced.
func PasswordKey(id PasswordID) string { return "password/" + id.String() }

// FactorKey and the account's key seal the name of a factor and what it is checked by; it is destroyed when the factor is removed.
func FactorKey(id FactorID) string { return "factor/" + id.String() }

// StaffKey seals an officer's name and address.
func StaffKey(id StaffID) string { return "staff/" + id.String() }

// MonthKey and the account's key seal what is kept only for the month's retention.
func MonthKey(m Month) string { return "month/" + string(m) }

// LedgerKey seals text that is not about a person. Many parts share it.
func LedgerKey() string { return "ledger/1" }

// Names of secrets. They are stored and must not change.

// StaffSecret is the hash of an officer's password.
func StaffSecret(id StaffID) string { return "password/staff/" + id.String() }

// Month is a calendar month in UTC, yyyy-mm.
type Month string

// MonthOf is the month of t.
func MonthOf(t time.Time) Month { return Month(t.UTC().Format("2006-01")) }

// Pattern is the regular expression for it.
func (Month) Pattern() string { return `^[0-9]{4}-(0[1-9]|1[0-2])$` }

// Validate refuses anything that is not a month.
func (m Month) Validate() error { return timeOf("2006-01", string(m)) }

// Day is a calendar day in UTC, yyyy-mm-dd.
type Day string

// DayOf is the day of t.
func DayOf(t time.Time) Day { return Day(t.UTC().Format(time.DateOnly)) }

// Validate refuses anything that is not a day.
func (d Day) Validate() error { return timeOf(time.DateOnly, string(d)) }

func timeOf(layout, s string) error {
	if t, err := time.Parse(layout, s); err != nil || t.Format(layout) != s {
		return errValue
	}
	return nil
}
