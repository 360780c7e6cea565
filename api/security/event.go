// Package security writes the security log: one line for each request that was refused because of who asked, or because a
// proof was wrong. A line says what was refused, where, and by whom, without personal data: callers who proved who they are
// appear by their opaque ids, everybody and everything else by pseudonyms that change every day.
package security

import (
	"fmt"
	"log/slog"

	"accountledger/domain"
)

// Event is a kind of refusal.
type Event string

// The events. The set is closed: no other value is in the log or in the metric.
const (
	// SignInFailed: e-mail address or password are wrong, or the password to prove again who it is, or a second factor or passkey.
	SignInFailed Event = "sign_in_failed"
	// CodeRefused: a verification's code or handle is wrong, or the verification has ended.
	CodeRefused Event = "code_refused"
	// EnrolmentRefused: an officer's one-time code is wrong, used or expired.
	EnrolmentRefused Event = "enrolment_refused"
	// TokenRefused: a token or service key was sent that is not valid.
	TokenRefused Event = "token_refused"
	// TokenMissing: nothing was sent where a token or service key is needed.
	TokenMissing Event = "token_missing"
	// AccessRefused: somebody known asked for what they may not have or what is not theirs, or an unknown erasure was named.
	AccessRefused Event = "access_refused"
	// RateLimited: there were too many attempts, or too many messages were asked for.
	RateLimited Event = "rate_limited"
)

// Events lists all events.
func Events() []Event {
	return []Event{SignInFailed, CodeRefused, EnrolmentRefused, TokenRefused, TokenMissing, AccessRefused, RateLimited}
}

// EventOf is the event that a refusal is; false for a refusal that has nothing to do with who asks, such as a malformed
// body. reason is the problem's code, c the caller as far as they proved who they are, and credential whether the request
// carried an Authorization header.
func EventOf(reason string, c domain.Caller, credential bool) (Event, bool) {
	switch reason {
	case domain.ErrCredentials.Code, domain.ErrPassword.Code, domain.ErrTOTP.Code, domain.ErrRecoveryCode.Code, domain.ErrPasskey.Code,
		domain.ErrPasskeyOrigin.Code:
		return SignInFailed, true
	case domain.ErrCode.Code, domain.ErrEnded.Code, domain.ErrVerification.Code, domain.ErrSignIn.Code,
		domain.ErrSignInEnded.Code, domain.ErrLink.Code, domain.ErrLinkEnded.Code:
		return CodeRefused, true
	case domain.ErrEnrolment.Code:
		return EnrolmentRefused, true
	case domain.ErrForbidden.Code, domain.ErrOutsideKey.Code, domain.ErrClosing.Code, domain.ErrNotFound.Code:
		return AccessRefused, true
	case domain.ErrRate.Code, domain.ErrMessages.Code, domain.ErrWork.Code, domain.ErrChanges.Code:
		return RateLimited, true
	case domain.ErrSession.Code, domain.ErrServiceKey.Code:
		switch {
		case c.Actor.Kind != domain.ActorGuest: // such as a service on a route for people
			return AccessRefused, true
		case credential:
			return TokenRefused, true
		default:
			return TokenMissing, true
		}
	default:
		return "", false
	}
}

// Refusal is one request that was refused.
type Refusal struct {
	Event     Event
	Reason    string // the problem's code
	Operation string // "" where none was reached
	Route     string // as registered, never the path that was sent
	Method    string
	Status    int
	Request   string // id of the request, as in X-Request-Id
	Caller    domain.Caller
	// Address is the client's. Only a pseudonym of its network is written.
	Address string
	// Target is what the request was aimed at; only a pseudonym is written.
	Target Target
}

// Target is what a request was aimed at: the identifier of a sign-in, or the id in a path. Both can be personal or
// secret, so a target prints as [personal]. The zero Target is none.
type Target struct{ use, value string }

// Identifier is the target of a sign-in. It is the same whether or not somebody has the identifier.
func Identifier(c domain.Contact, staff bool) Target {
	if staff {
		return Target{"officer's identifier", c.Normalised}
	}
	return Target{"identifier", c.Normalised}
}

// PathID is the target of a request whose path has an id; none if it is empty.
func PathID(id string) Target {
	if id == "" {
		return Target{}
	}
	return Target{"path id", id}
}

// Format prints [personal] for every verb.
func (Target) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("[personal]")) }

// LogValue logs [personal].
func (Target) LogValue() slog.Value { return slog.StringValue("[personal]") }
