package operate

import (
	"context"
	"errors"
	"time"

	"accountledger/domain"
)

// ReadMailbox gives the messages in the local mailbox, the newest last. They are personal, so the access is recorded first.
var ReadMailbox = &Operation[None, []MailboxEntry]{
	Info: Info{Name: "mailbox", Records: RecordedFirst, As: domain.OpMailbox},
	do:   readMailbox,
}

// MailboxEntry is one message of the local mailbox.
type MailboxEntry struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	Code    string    `json:"code,omitzero"`
	Expires time.Time `json:"expires,omitzero"`
}

func readMailbox(_ context.Context, c *call, _ None) ([]MailboxEntry, error) {
	if c.Mailbox == nil {
		return nil, errors.New("there is no local mailbox: messages go to the mail server")
	}
	all, err := c.Mailbox.List()
	if err != nil {
		return nil, err
	}
	out := make([]MailboxEntry, len(all))
	for i, m := range all {
		out[i] = MailboxEntry{ID: m.ID.String(), At: m.At, To: m.To, Subject: m.Subject, Text: m.Text, Code: m.Code, Expires: m.Expires}
	}
	return out, nil
}
