package smtp

import (
	"net/mail"

	gomail "github.com/wneessen/go-mail"

	"accountledger/notify"
)

// message makes the e-mail, as plain text and HTML. Everything in its headers comes from the operator or the ledger, except the
// recipient, which is one bare address.
func (c *Transport) message(e notify.Envelope, to string) *gomail.Msg {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(c.from)
	if isASCII(to) {
		m.ToMailAddress(&mail.Address{Address: to})
	} else {
		m.SetGenHeaderPreformatted("To", "<"+to+">") // in UTF-8 (RFC 6532)
	}
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
	return m
}
