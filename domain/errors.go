package domain

import (
	"fmt"
	"time"
)

// Kind is a kind of error; the API maps each to a status.
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

// Error is a refusal. Code is for programs, Message for people; neither repeats anything the caller sent.
type Error struct {
	Kind    Kind
	Code    string
	Message string
	Field   string // JSON pointer to the field at fault, if it is one field
	Number  int    // the number that Message names, for the same message in other languages; 0: none
	Retry   int    // seconds to wait before a retry; 0 if a retry makes no sense
	Cause   error  // for logs; never shown
	// StepUp is what has to be proven first; nil: nothing.
	StepUp *StepUp
	// Work is a challenge to solve first; nil: none.
	Work *Work
}

// Work is a proof of work that is asked for: a nonce with which the SHA-256 of challenge, a colon and the nonce begins with so many zero
// bits. It takes some 2^Bits hashes to find.
type Work struct {
	Challenge string
	Bits      int
	Expires   time.Time
}

func (e *Error) Error() string {
	if e.Field != "" {
		return fmt.Sprintf("%s: %s (%s)", e.Code, e.Message, e.Field)
	}
	return e.Code + ": " + e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is matches errors by code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// At returns a copy with the field at fault.
func (e *Error) At(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// Because returns a copy with a cause.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// After returns a copy with the seconds to wait before a retry.
func (e *Error) After(seconds int) *Error {
	c := *e
	c.Retry = seconds
	return &c
}

// Refusals of this package and of the commands. Do not modify them.
var (
	ErrEmail  = &Error{Kind: Invalid, Code: "invalid_email", Message: "This is not an e-mail address, such as name@example.com.", Field: "/email"}
	ErrRegion = &Error{Kind: Invalid, Code: "invalid_region",
		Message: "This is not a region. Use a country code of two capital letters (ISO 3166-1), such as DE.", Field: "/region"}
	ErrLanguage = &Error{Kind: Invalid, Code: "invalid_language", Message: "This is not a language. Use a BCP 47 tag, such as en, pt-BR or zh-Hans.",
		Field: "/language"}
	ErrBirthMonth = &Error{Kind: Invalid, Code: "invalid_birth_month",
		Message: "This is not a month of birth. Use year and month, such as 1990-05, not in the future.", Field: "/birth_month"}
	ErrStepUp     = &Error{Kind: Forbidden, Code: "step_up_required", Message: "Prove again that it is you, and then repeat the request."}
	ErrFactorName = &Error{Kind: Invalid, Code: "invalid_factor_name", Message: "A name has 1 to 100 characters and no control characters.", Field: "/name"}
	ErrFactors    = &Error{Kind: Conflict, Code: "too_many_factors", Message: "You have as many of these as an account can have. Remove one first."}
	ErrTOTP       = &Error{Kind: Invalid, Code: "wrong_totp",
		Message: "This is not the code that your authenticator app shows now, or it was used already. Wait for the next one.", Field: "/totp"}
	ErrRecoveryCode = &Error{Kind: Invalid, Code: "wrong_recovery_code", Message: "This is not one of your recovery codes, or it was used already.",
		Field: "/recovery_code"}
	ErrPasskey = &Error{Kind: Invalid, Code: "wrong_passkey",
		Message: "This is not the answer of a passkey of yours that can be used here.", Field: "/passkey"}
	ErrPasskeyChallenge = &Error{Kind: Invalid, Code: "passkey_challenge",
		Message: "The challenge was answered already, is too old, or was made for something else. Begin again.", Field: "/passkey/response/clientDataJSON"}
	ErrPasskeyOrigin = &Error{Kind: Invalid, Code: "passkey_origin", Message: "The passkey was asked for on another site than this one.",
		Field: "/passkey/response/clientDataJSON"}
	ErrPasskeyUser = &Error{Kind: Invalid, Code: "passkey_user", Message: "The device did not make sure that it is you. Unlock it with your face, finger or PIN.",
		Field: "/passkey/response/authenticatorData"}
	ErrPasskeyKnown = &Error{Kind: Conflict, Code: "passkey_known", Message: "You have this passkey already."}
	ErrLastPasskey  = &Error{Kind: Conflict, Code: "last_passkey", Message: "You have no password, so your last passkey stays. Set a password first."}
	ErrNeedsPasskey = &Error{Kind: Conflict, Code: "needs_passkey", Message: "Without a password you need a passkey. Add one first."}
	ErrNoPassword   = &Error{Kind: NotFound, Code: "no_password", Message: "You have no password."}
	ErrNoPasskeys   = &Error{Kind: NotFound, Code: "no_passkeys",
		Message: "This service does not take passkeys: its operator has not said where browsers reach it."}
	ErrOtherParty = &Error{Kind: Conflict, Code: "other_origin",
		Message: "People's passkeys were made for another host than that of the configured origin, and would work no more."}
	ErrEvidence = &Error{Kind: Invalid, Code: "one_proof", Message: "Give exactly one of what can prove that it is you."}
	ErrNotAWay  = &Error{Kind: Invalid, Code: "not_a_way", Message: "This does not prove as much as is needed. The answer before says what does."}
	ErrNoFactor = &Error{Kind: Conflict, Code: "no_second_factor",
		Message: "Recovery codes are for accounts with a second factor. Set up an authenticator app or a passkey first."}
	ErrEnrolTOTP = &Error{Kind: Gone, Code: "enrolment_ended",
		Message: "This set-up of an authenticator app is not yours, or older than ten minutes. Begin it again.", Field: "/continuation"}
	ErrCapacity    = &Error{Kind: Forbidden, Code: "capacity_refused", Message: "People of this age in this region cannot have an account of their own."}
	ErrDeviceKind  = &Error{Kind: Invalid, Code: "invalid_device_kind", Message: "This is not a kind of device. See GET /v1/catalogue.", Field: "/kind"}
	ErrDeviceModel = &Error{Kind: Invalid, Code: "invalid_device_model", Message: "A device's model has 1 to 100 characters and no control characters.",
		Field: "/model"}
	ErrDeviceName = &Error{Kind: Invalid, Code: "invalid_device_name", Message: "A device's name has 1 to 100 characters and no control characters.",
		Field: "/name"}
	ErrPersonName = &Error{Kind: Invalid, Code: "invalid_name", Message: "A name has 1 to 100 characters and no control characters.", Field: "/name"}
	ErrTooMany    = &Error{Kind: Conflict, Code: "too_many_devices", Message: "100 devices are already linked. Unlink one first."}

	ErrVerification = &Error{Kind: NotFound, Code: "verification_unknown",
		Message: "There is no such verification, or the handle is not its own."}
	ErrCode        = &Error{Kind: Invalid, Code: "wrong_code", Message: "This is not the code from the latest message.", Field: "/code"}
	ErrCodeExpired = &Error{Kind: Gone, Code: "code_expired", Message: "This code has expired. Ask for another one.", Field: "/code"}
	ErrVerified    = &Error{Kind: Conflict, Code: "already_verified", Message: "This address is verified already. Sign in."}
	ErrContacts    = &Error{Kind: Conflict, Code: "too_many_contacts", Message: "An account has at most three e-mail addresses."}
	ErrContactOwn  = &Error{Kind: Conflict, Code: "contact_yours", Message: "This address is one of yours already.", Field: "/email"}
	ErrHeld        = &Error{Kind: Conflict, Code: "too_many_removed",
		Message: "You have removed too many addresses lately. Try again when their removal can no longer be undone."}
	ErrPrimary = &Error{Kind: Conflict, Code: "contact_primary",
		Message: "This is your primary address, which cannot be removed. Make another one primary first."}
	ErrGuarded = &Error{Kind: Conflict, Code: "account_guarded",
		Message: "After a recovery, an undone removal of an address or an \"It was not me\", an account is guarded for seven days. Until then this cannot be done."}
	ErrDisowned = &Error{Kind: Forbidden, Code: "password_suspended",
		Message: "Somebody who reads your messages has said that something was not you. Recover the account, which sets another password."}
	ErrLink       = &Error{Kind: NotFound, Code: "link_unknown", Message: "This is not a link from one of our messages, or not all of it.", Field: "/token"}
	ErrLinkEnded  = &Error{Kind: Gone, Code: "link_ended", Message: "This link has been used, is too old, or a wrong code was typed too often."}
	ErrUndoLevel  = &Error{Kind: Forbidden, Code: "undo_needs_more", Message: "Who did this had proven more than the link does. Prove as much to undo it."}
	ErrBirthOnce  = &Error{Kind: Conflict, Code: "birth_month_corrected", Message: "You have corrected your month of birth before. It can be done once."}
	ErrBirthSame  = &Error{Kind: Conflict, Code: "birth_month_same", Message: "This is the month of birth that the account has.", Field: "/birth_month"}
	ErrBirthOlder = &Error{Kind: Forbidden, Code: "birth_month_older",
		Message: "A minor cannot become older by a correction of their own. Ask support: an officer can correct it on a case.", Field: "/birth_month"}
	ErrEnded = &Error{Kind: Gone, Code: "verification_ended", Message: "This verification has ended. Ask for a new one."}
	ErrTaken = &Error{Kind: Conflict, Code: "identifier_taken", Message: "This e-mail address already has an account. Sign in."}

	ErrRecovery = &Error{Kind: NotFound, Code: "recovery_unknown", Message: "There is no such recovery, or the handle is not its own."}
	ErrUnproved = &Error{Kind: Conflict, Code: "recovery_unproved", Message: "Give the code from the message first."}
	ErrProved   = &Error{Kind: Conflict, Code: "recovery_proved", Message: "A right code was given already. Set the new password."}
	// ErrRecoveryEnded is also for a recovery that another one has superseded.
	ErrRecoveryWaits = &Error{Kind: Conflict, Code: "recovery_waits",
		Message: "The account has a second factor. Show it, or begin the waiting time and come back when it is over."}
	ErrRecoveryEnded = &Error{Kind: Gone, Code: "recovery_ended", Message: "This recovery has ended. Begin another one."}
	ErrRecovered     = &Error{Kind: Conflict, Code: "recovery_done", Message: "The new password is set already. Sign in with it."}

	ErrPassword = &Error{Kind: Invalid, Code: "wrong_password", Message: "The password is wrong.", Field: "/password"}
	// ErrSamePassword is for a change that would be none, and for a recovery that would set a suspended password again.
	ErrSamePassword = &Error{Kind: Invalid, Code: "password_same", Message: "This is the password that the account has. Choose another.", Field: "/password"}
	ErrCredentials  = &Error{Kind: Unauthenticated, Code: "wrong_credentials", Message: "The e-mail address or password is wrong."}
	ErrClient       = &Error{Kind: Invalid, Code: "invalid_client",
		Message: "This is not a client's token, as an earlier sign-in gave it. Leave it out if you have none.", Field: "/client"}
	ErrSignIn      = &Error{Kind: NotFound, Code: "sign_in_unknown", Message: "There is no such sign-in, or the handle is not its own."}
	ErrSignInEnded = &Error{Kind: Gone, Code: "sign_in_ended", Message: "This sign-in has ended. Sign in again."}
	ErrSession     = &Error{Kind: Unauthenticated, Code: "not_signed_in", Message: "Sign in first: send a valid token as Authorization: Bearer."}
	ErrServiceKey  = &Error{Kind: Unauthenticated, Code: "wrong_service_key", Message: "Send the service's key as Authorization: Bearer."}
	ErrForbidden   = &Error{Kind: Forbidden, Code: "not_allowed", Message: "You are not allowed to do this."}
	ErrOutsideKey  = &Error{Kind: Forbidden, Code: "outside_service_key", Message: "The service's key is not for this permission and purpose."}
	ErrClosing     = &Error{Kind: Forbidden, Code: "account_closing",
		Message: "This account is being erased. You can see what it holds, and change nothing but, until it begins, cancel the erasure."}
	ErrNotFound = &Error{Kind: NotFound, Code: "not_found", Message: "It does not exist or is not yours."}
	ErrRate     = &Error{Kind: RateLimited, Code: "too_many_attempts", Message: "Too many attempts. Try again later."}
	ErrChanges  = &Error{Kind: RateLimited, Code: "too_many_changes", Message: "Very many changes in a short time. Try again later."}
	ErrWork     = &Error{Kind: RateLimited, Code: "work_required",
		Message: "Very much is asked for from your network or for this address. Solve the challenge and repeat the request with it, or try again later."}
	ErrMessages = &Error{Kind: RateLimited, Code: "too_many_messages",
		Message: "Too many messages were asked for. No other one will be sent for now. Try again later."}

	ErrPermission = &Error{Kind: NotFound, Code: "permission_unknown", Message: "There is no such permission. See GET /v1/catalogue."}
	ErrPurpose    = &Error{Kind: Invalid, Code: "invalid_purpose", Message: "This permission has no such purpose. See GET /v1/catalogue.", Field: "/purpose"}
	ErrGuardian   = &Error{Kind: Forbidden, Code: "guardian_required",
		Message: "At this age in this region a guardian must agree to optional permissions, which is not supported yet."}
	ErrNotice = &Error{Kind: Conflict, Code: "notice_outdated",
		Message: "This notice is no longer in force. Show the current one from GET /v1/catalogue and ask again.", Field: "/notice"}
	ErrStale = &Error{Kind: Conflict, Code: "stale", Message: "It has changed in the meantime. Read it again and retry with the new ETag."}
	ErrBusy  = &Error{Kind: Conflict, Code: "busy", Message: "Somebody else is changing this. Try again."}

	ErrNamed = &Error{Kind: Invalid, Code: "too_many_named",
		Message: fmt.Sprintf("A query can name at most %d people or things of theirs, since each person is recorded as looked at.", MaxNamed), Field: "/filter"}
	ErrQuestion     = &Error{Kind: Invalid, Code: "query_too_long", Message: fmt.Sprintf("A query can have at most %d bytes, since it is recorded.", MaxQuestion)}
	ErrQuestionGone = &Error{Kind: Gone, Code: "question_unreadable", Message: "The key that this question was kept under is destroyed."}

	ErrErasureDone = &Error{Kind: Conflict, Code: "erasure_begun", Message: "The erasure has begun and can no longer be cancelled."}
	ErrErasureOpen = &Error{Kind: Conflict, Code: "erasure_requested", Message: "An erasure of this account has already been requested."}
	ErrEnrolment   = &Error{Kind: Forbidden, Code: "enrolment_refused", Message: "This enrolment code is wrong, already used or older than 24 hours."}
	ErrRepeated    = &Error{Kind: Invalid, Code: "idempotency_key_reused", Message: "This Idempotency-Key was used for a different request. Use a new one."}
	ErrRepeatLate  = &Error{Kind: Conflict, Code: "already_done",
		Message: "This was done more than ten minutes ago, and its secret is not shown again. Use a new Idempotency-Key."}
	ErrCase        = &Error{Kind: Invalid, Code: "invalid_case", Message: "This is not a case number: " + CasePattern + ".", Field: "/case"}
	ErrLookPurpose = &Error{Kind: Invalid, Code: "invalid_purpose",
		Message: "The purpose must be subject_request, security_incident, legal_order, fraud_investigation, support or audit.", Field: "/purpose"}
	ErrPart = &Error{Kind: Invalid, Code: "invalid_part", Message: "A part is email, birth_month, device_models, device_names or clients.", Field: "/parts"}
	ErrRole = &Error{Kind: Invalid, Code: "invalid_role", Message: "A role is admin, compliance or analyst.", Field: "/role"}
	ErrSlug = &Error{Kind: Invalid, Code: "invalid_service_name", Message: "A service's name has 2 to 40 lower-case letters, digits and single dashes.",
		Field: "/name"}
	ErrSlugTaken = &Error{Kind: Conflict, Code: "service_exists", Message: "A service with this name already exists.", Field: "/name"}
	ErrAllowed   = &Error{Kind: Invalid, Code: "invalid_allowance",
		Message: "State what the service may ask for as permission:purpose, both from the catalogue.", Field: "/allow"}
	ErrSuspended    = &Error{Kind: Forbidden, Code: "service_suspended", Message: "This service is suspended. Ask the ledger's operator."}
	ErrNoService    = &Error{Kind: NotFound, Code: "service_unknown", Message: "There is no service by this name."}
	ErrServiceEnded = &Error{Kind: Conflict, Code: "service_ended", Message: "This service has ended for good. Add another one."}
	ErrServiceKeys  = &Error{Kind: Conflict, Code: "too_many_service_keys",
		Message: "The service has two valid keys already. End the one that it no longer uses first."}
	ErrNoServiceKey = &Error{Kind: NotFound, Code: "service_key_unknown", Message: "The service has no key of this number.", Field: "/key"}
	ErrStaffTaken   = &Error{Kind: Conflict, Code: "staff_exists", Message: "An officer with this address already exists.", Field: "/email"}
	ErrNoOfficer    = &Error{Kind: NotFound, Code: "officer_unknown", Message: "There is no officer of this address or id."}
	ErrOfficerEnded = &Error{Kind: Conflict, Code: "officer_ended", Message: "This officer has left for good. Add them again."}
	ErrUnsure       = &Error{Kind: UnknownOutcome, Code: "outcome_unknown",
		Message: "It is not known whether this was done. Repeat it with the same Idempotency-Key."}
	ErrUnavailable = &Error{Kind: Unavailable, Code: "unavailable", Message: "This is temporarily unavailable. Try again shortly."}
	ErrOverload    = &Error{Kind: Unavailable, Code: "overloaded", Message: "The server is overloaded. Try again shortly."}
	ErrInternal    = &Error{Kind: Internal, Code: "internal", Message: "An internal error occurred. It has been logged."}
)

// Purposes of an officer's look at personal data.
const (
	LookSubjectRequest Purpose = "subject_request"
	LookIncident       Purpose = "security_incident"
	LookLegalOrder     Purpose = "legal_order"
	LookFraud          Purpose = "fraud_investigation"
	LookSupport        Purpose = "support"
	LookAudit          Purpose = "audit"
)

// LookPurposes lists those of officers.
func LookPurposes() []Purpose {
	return []Purpose{LookSubjectRequest, LookIncident, LookLegalOrder, LookFraud, LookSupport, LookAudit}
}

// ValidateLook refuses any purpose but those of officers.
func (p Purpose) ValidateLook() error { return oneOf(p, LookPurposes()...) }
