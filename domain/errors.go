package domain

import "fmt"

// Kind is one of the few kinds of errors there are; the API maps each to one status.
type Kind string

// Kinds of errors.
const (
	Invalid         Kind = "invalid"
	Unauthenticated Kind = "unauthenticated"
	Forbidden       Kind = "forbidden"
	NotFound        Kind = "not_found"
	Conflict        Kind = "conflict"
	Gone            Kind = "gone"
	RateLimited     Kind = "rate_limited"
	Unavailable     Kind = "unavailable"
	UnknownOutcome  Kind = "unknown_outcome"
	Internal        Kind = "internal"
)

// Error is a refusal. Code is for machines, Message for people; neither ever repeats a value of the caller's.
type Error struct {
	Kind    Kind
	Code    string
	Message string
	Field   string // JSON pointer to what is at fault, if one thing is
	Retry   int    // seconds after which a retry makes sense; 0 if there is none
	Cause   error  // for logs; never shown
}

func (e *Error) Error() string {
	if e.Field != "" {
		return fmt.Sprintf("%s: %s (%s)", e.Code, e.Message, e.Field)
	}
	return e.Code + ": " + e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is makes errors.Is match on the code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// At gives the error a place.
func (e *Error) At(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// Because gives the error a cause.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// After gives the error the seconds after which a retry makes sense.
func (e *Error) After(seconds int) *Error {
	c := *e
	c.Retry = seconds
	return &c
}

// The refusals of this package and of the commands. They are constants in all but name.
var (
	ErrEmail       = &Error{Kind: Invalid, Code: "invalid_email", Message: "This is not an e-mail address. One looks like name@example.com.", Field: "/email"}
	ErrRegion      = &Error{Kind: Invalid, Code: "invalid_region", Message: "This is not a region. Give a country as two capital letters (ISO 3166-1), such as DE.", Field: "/region"}
	ErrLanguage    = &Error{Kind: Invalid, Code: "invalid_language", Message: "This is not a language. Give a BCP 47 code, such as en or pt-BR.", Field: "/language"}
	ErrBirthMonth  = &Error{Kind: Invalid, Code: "invalid_birth_month", Message: "This is not a month of birth. Give year and month, such as 1990-05, not in the future.", Field: "/birth_month"}
	ErrCapacity    = &Error{Kind: Forbidden, Code: "capacity_refused", Message: "An account of one's own is not possible at this age in this region."}
	ErrDeviceKind  = &Error{Kind: Invalid, Code: "invalid_device_kind", Message: "This is not a kind of device. GET /v1/catalogue lists them.", Field: "/kind"}
	ErrDeviceModel = &Error{Kind: Invalid, Code: "invalid_device_model", Message: "A device's model has 1 to 100 characters, none of them a control character.", Field: "/model"}
	ErrDeviceName  = &Error{Kind: Invalid, Code: "invalid_device_name", Message: "A device's name has 1 to 100 characters, none of them a control character.", Field: "/name"}
	ErrPersonName  = &Error{Kind: Invalid, Code: "invalid_name", Message: "A name has 1 to 100 characters, none of them a control character.", Field: "/name"}
	ErrTooMany     = &Error{Kind: Conflict, Code: "too_many_devices", Message: "There are 100 devices linked already. Unlink one first."}

	ErrVerification = &Error{Kind: NotFound, Code: "verification_unknown", Message: "There is no such verification, or the handle is not the one from the answer to the sign-up."}
	ErrCode         = &Error{Kind: Invalid, Code: "wrong_code", Message: "This is not the code of the latest message.", Field: "/code"}
	ErrEnded        = &Error{Kind: Gone, Code: "verification_ended", Message: "This verification has ended. Sign up again to get a new one."}
	ErrTaken        = &Error{Kind: Conflict, Code: "identifier_taken", Message: "There is an account by this e-mail address already. Sign in, or recover it."}

	ErrCredentials = &Error{Kind: Unauthenticated, Code: "wrong_credentials", Message: "E-mail address or password are wrong."}
	ErrSession     = &Error{Kind: Unauthenticated, Code: "not_signed_in", Message: "Sign in first: send a valid token as Authorization: Bearer."}
	ErrServiceKey  = &Error{Kind: Unauthenticated, Code: "wrong_service_key", Message: "Send the service's key as Authorization: Bearer."}
	ErrForbidden   = &Error{Kind: Forbidden, Code: "not_allowed", Message: "This is not allowed to whoever is signed in."}
	ErrClosing     = &Error{Kind: Forbidden, Code: "account_closing", Message: "This account is being erased. Only the state of the erasure can be seen, and the erasure cancelled while it has not begun."}
	ErrNotFound    = &Error{Kind: NotFound, Code: "not_found", Message: "There is nothing here by that name, or it is not yours."}
	ErrRate        = &Error{Kind: RateLimited, Code: "too_many_attempts", Message: "Too many attempts. Try again later."}

	ErrPermission = &Error{Kind: NotFound, Code: "permission_unknown", Message: "There is no such permission. GET /v1/catalogue lists them."}
	ErrPurpose    = &Error{Kind: Invalid, Code: "invalid_purpose", Message: "This permission has no such purpose. GET /v1/catalogue lists them.", Field: "/purpose"}
	ErrGuardian   = &Error{Kind: Forbidden, Code: "guardian_required", Message: "At this age, in this region, a guardian has to agree to optional permissions, which is not possible yet."}
	ErrNotice     = &Error{Kind: Conflict, Code: "notice_outdated", Message: "The notice shown is not the one in force. Show the current one from GET /v1/catalogue and ask again.", Field: "/notice"}
	ErrStale      = &Error{Kind: Conflict, Code: "stale", Message: "It was changed meanwhile. Read it again and repeat with its new ETag."}
	ErrBusy       = &Error{Kind: Conflict, Code: "busy", Message: "Others change this at the same time. Try again."}

	ErrErasureDone = &Error{Kind: Conflict, Code: "erasure_begun", Message: "The erasure has begun and cannot be cancelled any more."}
	ErrErasureOpen = &Error{Kind: Conflict, Code: "erasure_requested", Message: "An erasure of this account is requested already."}
	ErrEnrolment   = &Error{Kind: Forbidden, Code: "enrolment_refused", Message: "This enrolment code is wrong, used or older than 24 hours."}
	ErrRepeated    = &Error{Kind: Invalid, Code: "idempotency_key_reused", Message: "This Idempotency-Key was used for another request. Use a new one."}
	ErrRepeatLate  = &Error{Kind: Conflict, Code: "already_done", Message: "This was done more than ten minutes ago; its secret is not shown again. Use a new Idempotency-Key."}
	ErrCase        = &Error{Kind: Invalid, Code: "invalid_case", Message: "This is not a case: " + CasePattern + ".", Field: "/case"}
	ErrLookPurpose = &Error{Kind: Invalid, Code: "invalid_purpose", Message: "State why: subject_request, security_incident, legal_order, fraud_investigation, support or audit.", Field: "/purpose"}
	ErrPart        = &Error{Kind: Invalid, Code: "invalid_part", Message: "There is no such part. Ask for email, birth_month, device_models, device_names or clients.", Field: "/parts"}
	ErrRole        = &Error{Kind: Invalid, Code: "invalid_role", Message: "A role is admin, compliance or analyst.", Field: "/role"}
	ErrSlug        = &Error{Kind: Invalid, Code: "invalid_service_name", Message: "A service's name has 2 to 40 lower-case letters, digits and single dashes.", Field: "/name"}
	ErrSlugTaken   = &Error{Kind: Conflict, Code: "service_exists", Message: "There is a service by this name already.", Field: "/name"}
	ErrAllowed     = &Error{Kind: Invalid, Code: "invalid_allowance", Message: "State what the service may ask for as permission:purpose, both from the catalogue.", Field: "/allow"}
	ErrStaffTaken  = &Error{Kind: Conflict, Code: "staff_exists", Message: "There is an officer by this address already.", Field: "/email"}
	ErrUnsure      = &Error{Kind: UnknownOutcome, Code: "outcome_unknown", Message: "It is not known whether this happened. Repeat it with the same Idempotency-Key."}
	ErrUnavailable = &Error{Kind: Unavailable, Code: "unavailable", Message: "This cannot be done right now. Try again shortly."}
	ErrOverload    = &Error{Kind: Unavailable, Code: "overloaded", Message: "Too much is being done at once. Try again shortly."}
	ErrInternal    = &Error{Kind: Internal, Code: "internal", Message: "Something went wrong here. It has been noted."}
)

// Why an officer looks at personal data.
const (
	LookSubjectRequest Purpose = "subject_request"
	LookIncident       Purpose = "security_incident"
	LookLegalOrder     Purpose = "legal_order"
	LookFraud          Purpose = "fraud_investigation"
	LookSupport        Purpose = "support"
	LookAudit          Purpose = "audit"
)

// ValidateLook refuses a purpose that no officer may state.
func (p Purpose) ValidateLook() error {
	return oneOf(p, LookSubjectRequest, LookIncident, LookLegalOrder, LookFraud, LookSupport, LookAudit)
}
