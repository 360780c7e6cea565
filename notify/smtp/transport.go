package smtp

import (
	"bytes"
	"context"
	"fmt"
	"net/mail"
	"strings"

	"golang.org/x/net/idna"

	"accountledger/domain"
	"accountledger/notify"
)

// Transport sends e-mail through one server, with one connection per message. It is safe for concurrent use.
type Transport struct {
	config Config
	from   *mail.Address
}

var _ notify.Transport = (*Transport)(nil)

// New checks the configuration without connecting. Its errors repeat no configured value.
func New(c Config) (*Transport, error) {
	c, from, err := c.check()
	if err != nil {
		return nil, err
	}
	return &Transport{config: c, from: from}, nil
}

// String is server and encryption.
func (c *Transport) String() string { return fmt.Sprint(c.config) }

// Medium is e-mail.
func (c *Transport) Medium() domain.Medium { return domain.MediumEmail }

// Send hands the message to the server. Only the server's refusal of this message (5xx to its sender, recipient or content) is
// permanent; failures of the connection, its encryption or authentication are for the operator to fix and may be retried. If no answer
// comes after the message was sent, whether it was taken is unknown. Errors are *notify.SendError.
func (c *Transport) Send(ctx context.Context, e notify.Envelope) error { return c.send(ctx, e, nil) }

// Try sends a message as Send does, and tells of each step that succeeds.
func (c *Transport) Try(ctx context.Context, e notify.Envelope, told func(Progress)) error {
	return c.send(ctx, e, told)
}

func (c *Transport) send(ctx context.Context, e notify.Envelope, told func(Progress)) error {
	to, ok := onTheWire(e.To)
	if !ok {
		return &notify.SendError{Step: notify.StepRecipient, Refused: true, Why: "not one bare address"}
	}
	var text bytes.Buffer
	if _, err := c.message(e, to).WriteTo(&text); err != nil {
		return &notify.SendError{Step: notify.StepContent, Refused: true, Why: "the message cannot be written"}
	}
	v, err := c.converse(ctx, told)
	taken := false
	defer func() { v.close(taken) }()
	if err != nil {
		return err
	}
	err = v.hand(c.from.Address, to, text.Bytes())
	taken = err == nil
	return err
}

// onTheWire is an address with its domain in ASCII (RFC 5890): people see the letters of their language. False if it is not one bare
// address.
func onTheWire(address string) (string, bool) {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || strings.ContainsFunc(address, func(r rune) bool { return unfit(r) || strings.ContainsRune(`<>",;:\`, r) }) {
		return "", false
	}
	host, err := idna.Lookup.ToASCII(address[at+1:])
	return address[:at+1] + host, err == nil && host != ""
}
