package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/notify"
	"accountledger/notify/smtp"
	"accountledger/notify/templates"
	"accountledger/operate"
)

// ErrNoMailServer: there is nothing to try.
var ErrNoMailServer = errors.New("no mail server is configured (smtp.host)")

// TryMail sends one message to an address through the configured mail server, and tells of each step that succeeds. It needs no ledger
// and touches none. The error is an *operate.Failure that says at which step it failed, why, and what to do, and holds nothing personal.
func TryMail(ctx context.Context, cfg *Config, address string, told func(smtp.Progress)) error {
	if cfg.SMTP.Host == "" {
		return &operate.Failure{Code: "invalid_configuration", Message: ErrNoMailServer.Error(), Field: "smtp.host", Exit: operate.ExitUsage}
	}
	contact, err := domain.ParseEmail(address)
	if err != nil {
		return err
	}
	t, err := cfg.SMTP.transport(cfg.Name)
	if err != nil {
		return err
	}
	id := domain.DeliveryID{UUID: uuid.New()}
	content := templates.Email{Language: "en", Subject: "Test message from " + cfg.Name,
		Plain: "This is a test of the mail server of " + cfg.Name + ". An operator asked for it. There is nothing to do.\n"}
	err = t.Try(ctx, notify.Envelope{ID: id, At: time.Now(), To: contact.Typed, Content: content}, told)
	if failed, ok := errors.AsType[*notify.SendError](err); ok {
		return mailFailure(failed)
	}
	return err
}

// mailFailure says what an operator can do.
func mailFailure(e *notify.SendError) *operate.Failure {
	out := &operate.Failure{Code: "mail_" + string(e.Step), Exit: operate.ExitFailed}
	advice := ""
	switch e.Step {
	case notify.StepConnect:
		out.Exit, advice = operate.ExitUnreachable, "check smtp.host and smtp.port, and whether a firewall lets this machine out"
	case notify.StepGreeting:
		out.Exit, advice = operate.ExitUnreachable, "is it a mail server for submission? At port 465 set smtp.tls to implicit"
	case notify.StepTLS:
		out.Exit, advice = operate.ExitRefused, "the certificate must be valid for smtp.host; a server that offers no STARTTLS may speak TLS from the first byte: "+
			"smtp.tls implicit, port 465"
	case notify.StepSignIn:
		out.Exit, advice = operate.ExitRefused, "check smtp.username and the file of smtp.password_file"
	case notify.StepSender:
		out.Exit, advice = operate.ExitRefused, "the server does not let this user send as smtp.from"
	case notify.StepRecipient:
		out.Exit, advice = operate.ExitRefused, "the server does not take this recipient, or relays for nobody who has not signed in"
	case notify.StepContent, notify.StepAnswer:
		out.Exit, advice = operate.ExitRefused, "the server's log says more"
		if e.Unknown {
			out.Exit, advice = operate.ExitFailed, "it may have arrived"
		}
	case notify.StepStore:
	}
	out.Message = fmt.Sprintf("%s: %s", e.Error(), advice)
	return out
}
