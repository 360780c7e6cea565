package smtp

import (
	"net/mail"

	gomail "github.com/wneessen/go-mail"

	"accountledger/notify"
)

// message makes the e-mail, as plain text and HTML. Everything in its headers comes from the operator or the ledger, except the
// recipient, which must be one bare address.
func (c *Transport) message(e notify.Envelope) (*gomail.Msg, *notify.SendError) {
	to, err := mail.ParseAddress(e.To)
	if err != nil || to.Address != e.To || to.Name != "" {
		return nil, &notify.SendError{Step: notify.StepRecipient, Refused: true, Why: "not one bare address"}
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(c.from)
	m.ToMailAddress(to)
	m.Subject(e.Content.Subject)
	m.SetDateWithValue(e.At.UTC())
	// The same for every attempt, so that a server that gets a message twice can tell.
	m.SetMessageIDWithValue(e.ID.String() + "@" + host(c.from.Address))
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no automatic answers
	m.SetGenHeader(gomail.HeaderXAutoResponseSuppress, "All")
	m.SetBodyString(gomail.TypeTextPlain, e.Content.Plain)
	if e.Content.HTML != "" {
		m.AddAlternativeString(gomail.TypeTextHTML, e.Content.HTML)
	}
	return m, nil
}
