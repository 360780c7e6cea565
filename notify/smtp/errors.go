package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/textproto"

	gomail "github.com/wneessen/go-mail"

	"accountledger/notify"
)

// Failures are described by step, reply code and our own words. The server's text is dropped, since it often repeats the
// recipient.

// connecting describes a failure before the message was sent. It may be retried.
func connecting(ctx context.Context, connected bool, err error) *notify.SendError {
	e := &notify.SendError{Step: notify.StepConnect, Why: kind(ctx, err)}
	if connected {
		e.Step = notify.StepSession
	}
	var reply *textproto.Error
	if errors.As(err, &reply) {
		e.Code = reply.Code
	}
	return e
}

// sending describes the server's reply to the message.
func sending(ctx context.Context, err error) *notify.SendError {
	var said *gomail.SendError
	if !errors.As(err, &said) {
		return &notify.SendError{Step: notify.StepSession, Why: kind(ctx, err)}
	}
	e := &notify.SendError{Step: step(said.Reason), Code: said.ErrorCode(), Enhanced: said.EnhancedStatusCode()}
	if e.Code == 0 {
		e.Why = kind(ctx, err)
	}
	e.Refused = e.Step != notify.StepSession && e.Code >= 500 && e.Code < 600 && !unauthorised(e.Code)
	return e
}

func step(r gomail.SendErrReason) notify.Step {
	switch r {
	case gomail.ErrGetSender, gomail.ErrSMTPMailFrom:
		return notify.StepSender
	case gomail.ErrGetRcpts, gomail.ErrSMTPRcptTo:
		return notify.StepRecipient
	case gomail.ErrSMTPData, gomail.ErrSMTPDataClose, gomail.ErrWriteContent, gomail.ErrNoUnencoded:
		return notify.StepContent
	default:
		return notify.StepSession
	}
}

// unauthorised are replies that require authentication or encryption (RFC 4954): they are about us, not about the message.
func unauthorised(code int) bool { return code == 530 || code == 534 || code == 535 || code == 538 }

// kind describes the kind of error, without repeating its text.
func kind(ctx context.Context, err error) string {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var dns *net.DNSError
	var network net.Error
	var reply *textproto.Error
	switch {
	case ctx.Err() != nil:
		return "cancelled"
	case errors.As(err, &certificate):
		return "the server's certificate is not trusted"
	case errors.As(err, &record), errors.As(err, &alert):
		return "encryption failed"
	case errors.As(err, &reply):
		return "" // its code says it
	case errors.As(err, &dns):
		return "the server's name is not known"
	case errors.As(err, &network) && network.Timeout():
		return "timed out"
	case errors.As(err, &network):
		return "the network failed"
	}
	return "the conversation failed"
}
