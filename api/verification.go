package api

import (
	"time"

	"accountledger/domain"
)

// verificationAnswer is what a request for a verification is told.
type verificationAnswer struct {
	Verification domain.VerificationID `json:"verification" format:"uuid" doc:"The id for check and resend."`
	Handle       string                `json:"handle" doc:"Proves that the request is yours; check and resend need it. It is shown only once."`
	ExpiresAt    time.Time             `json:"expires_at" doc:"When the verification ends unless the address is proven."`
	CodeExpires  time.Time             `json:"code_expires_at" doc:"When the first code expires."`
}
