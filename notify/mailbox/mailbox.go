// Package mailbox is the local mailbox: a transport that keeps messages in a local folder instead of sending them, for development
// without a mail server.
//
// A message is one JSON file readable only by its owner (0600, in a folder of 0700), named by a number and the delivery's id, so
// that names reveal nothing. What Send acknowledged survives a crash. The mailbox holds addresses, codes and links unencrypted; it is the
// only place in the data folder that does, and a person's messages are deleted with the person (Forget).
package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/domain"
	"accountledger/internal/durable"
	"accountledger/notify"
)

// MaxMessages is how many messages are kept; the oldest are deleted first.
const MaxMessages = 1000

// Message is one stored message. It is personal.
type Message struct {
	ID       domain.DeliveryID `json:"id"`
	At       time.Time         `json:"at"`
	Message  domain.Message    `json:"message"`
	Language domain.Language   `json:"language"`
	Account  domain.AccountID  `json:"account"` // the recipient's, or the one the sign-up will become
	To       string            `json:"to"`
	Subject  string            `json:"subject"`
	Text     string            `json:"text"`
	Code     string            `json:"code,omitzero"`
	Link     string            `json:"link,omitzero"`
	Expires  time.Time         `json:"expires,omitzero"`
}

// Mailbox keeps messages in one folder, for one process. It is safe for concurrent use.
type Mailbox struct {
	dir  string
	max  int
	mu   sync.Mutex
	next uint64
}

var (
	_ notify.Transport = (*Mailbox)(nil)
	_ notify.Forgetter = (*Mailbox)(nil)
)

// Open opens the mailbox in dir, creating it if missing, and deletes files that a crash left half-written.
func Open(dir string) (*Mailbox, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault("making the folder", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fault("closing the folder to others", err)
	}
	if err := removePartial(dir); err != nil {
		return nil, fault("clearing the folder", err)
	}
	b := &Mailbox{dir: dir, max: MaxMessages, next: 1}
	names, err := b.names()
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		b.next = number(names[len(names)-1]) + 1
	}
	return b, nil
}

// Dir is the mailbox's folder.
func (b *Mailbox) Dir() string { return b.dir }

// Medium is e-mail.
func (b *Mailbox) Medium() domain.Medium { return domain.MediumEmail }

// Send stores a message. It is durable when Send returns nil; an error is a *notify.SendError and may be retried.
func (b *Mailbox) Send(ctx context.Context, e notify.Envelope) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	data, err := json.Marshal(Message{ID: e.ID, At: e.At.UTC(), Message: e.Message, Language: e.Content.Language, Account: e.Account,
		To: e.To, Subject: e.Content.Subject, Text: e.Content.Plain, Code: e.Code, Link: e.Link, Expires: e.Expires.UTC()}, jsontext.WithIndent("  "))
	if err != nil {
		return &notify.SendError{Step: notify.StepStore, Refused: true, Why: "the message has no JSON form"}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.makeRoom(); err != nil {
		return &notify.SendError{Step: notify.StepStore, Why: why(err)}
	}
	if err := write(b.dir, fileName(b.next, e.ID), data); err != nil {
		return &notify.SendError{Step: notify.StepStore, Why: why(err)}
	}
	b.next++
	return nil
}

// makeRoom deletes the oldest messages, so that one more stays within MaxMessages. It runs before the message is written: a
// failure afterwards would store the message twice. The caller holds mu.
func (b *Mailbox) makeRoom() error {
	names, err := b.names()
	if err != nil {
		return err
	}
	for len(names) >= b.max {
		if err := b.remove(names[0]); err != nil {
			return err
		}
		names = names[1:]
	}
	return nil
}

// List returns the stored messages, newest last. The error names a file that cannot be read.
func (b *Mailbox) List() ([]Message, error) {
	names, err := b.names()
	if err != nil {
		return nil, err
	}
	out := make([]Message, 0, len(names))
	for _, name := range names {
		m, err := b.read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted in the meantime
		} else if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// Forget deletes every message of an account, durably when it returns nil. A file that cannot be read is deleted too, since it
// could be theirs.
func (b *Mailbox) Forget(id domain.AccountID) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	names, err := b.names()
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range names {
		if m, err := b.read(name); err == nil && m.Account != id {
			continue
		}
		errs = append(errs, b.remove(name))
	}
	if err := durable.SyncFolder(b.dir); err != nil {
		errs = append(errs, fault("making a deletion durable", err))
	}
	return errors.Join(errs...)
}

func (b *Mailbox) names() ([]string, error) {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return nil, fault("reading the folder", err)
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && number(e.Name()) > 0 {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names) // numbers have a fixed width
	return names, nil
}

func (b *Mailbox) read(name string) (Message, error) {
	var m Message
	data, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		return m, fault("reading "+name, err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("mailbox: %s is not a message", name) // the cause could repeat the text
	}
	return m, nil
}

func (b *Mailbox) remove(name string) error {
	if err := os.Remove(filepath.Join(b.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault("deleting "+name, err)
	}
	return nil
}
