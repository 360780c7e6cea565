package smtp

import (
	"crypto/tls"
	"errors"
	"net"
	"net/textproto"
	"regexp"

	"accountledger/notify"
)

// Failures are described by step, reply code and our own words. The server's text is dropped, since it often repeats the
// recipient.

// failure describes why the current step failed.
func (v *conversation) failure(err error) *notify.SendError {
	e := &notify.SendError{Step: v.step, Why: v.kind(err)}
	var reply *textproto.Error
	if errors.As(err, &reply) {
		e.Code, e.Enhanced = reply.Code, enhanced.FindString(reply.Msg)
	}
	switch v.step {
	case notify.StepSender, notify.StepRecipient, notify.StepContent, notify.StepAnswer:
		e.Refused = e.Code >= 500 && e.Code < 600 && !unauthorised(e.Code) || errors.Is(err, errNoUTF8)
		e.Unknown = v.step == notify.StepAnswer && e.Code == 0
	case notify.StepConnect, notify.StepGreeting, notify.StepTLS, notify.StepSignIn, notify.StepStore:
	}
	return e
}

// enhanced is an enhanced status code (RFC 3463) at the beginning of a reply.
var enhanced = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// unauthorised are replies that require authentication or encryption (RFC 4954): they are about us, not about the message.
func unauthorised(code int) bool { return code == 530 || code == 534 || code == 535 || code == 538 }

// kind describes the kind of error, without repeating its text.
func (v *conversation) kind(err error) string {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var dns *net.DNSError
	var network net.Error
	var reply *textproto.Error
	switch {
	case v.ctx.Err() != nil:
		return "cancelled"
	case errors.Is(err, errNoTLS):
		return "the server offers no STARTTLS"
	case errors.Is(err, errNoMechanism):
		return "there is no way to sign in that both know"
	case errors.Is(err, errNoUTF8):
		return "the server takes no international addresses (SMTPUTF8)"
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
