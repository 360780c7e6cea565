package api

import (
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// verificationAnswer is what a request for a verification is told.
type verificationAnswer struct {
	Verification domain.VerificationID `json:"verification" format:"uuid" doc:"The id for check and resend."`
	Handle       string                `json:"handle" doc:"Proves that the request is yours; check and resend need it. It is shown only once."`
	ExpiresAt    time.Time             `json:"expires_at" doc:"When the verification ends unless the address is proven."`
	CodeExpires  time.Time             `json:"code_expires_at" doc:"When the first code expires."`
	Hint         string                `json:"hint" doc:"What to tell somebody who waits for the message, in English."`
}

// waiting is the hint: a message that does not arrive is mostly taken for spam.
const waiting = "If no message arrives within a minute, look in the spam folder, or request another code."

// sent is the answer once a message is on its way.
func sent(v commands.SignedUp) verificationAnswer {
	return verificationAnswer{v.Verification, v.Handle, v.Expires, v.CodeExpires, waiting}
}
