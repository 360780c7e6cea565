package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/vault"
)

// longSettled is how much older than the log's newest event an event must be for its consequences to have certainly been carried out.
const longSettled = time.Hour

// endedKey is a key that an event says is destroyed.
type endedKey struct {
	name   string
	event  eventstore.Recorded // only its place
	at     time.Time
	before bool // it was destroyed before the event was recorded
}

// endedCheck checks that what the log records as destroyed is destroyed.
type endedCheck struct {
	vault   vault.Vault
	pending []endedKey
	newest  time.Time
	// Late are names of keys that are destroyed only after their events, and are still there.
	late []endedKey
}

// LiveError: a key exists although the log records that it was destroyed: the vault is older than the log.
type LiveError struct {
	Key     string
	Stream  string
	Version int64
	at      eventstore.Position
}

func (e *LiveError) Error() string {
	return fmt.Sprintf("the key %q exists, but %s version %d records that it was destroyed", e.Key, e.Stream, e.Version)
}

// see takes one event of a kind that can end keys.
func (c *endedCheck) see(ctx context.Context, e *eventstore.Recorded, f domain.Fact) error {
	ended := domain.KeysEnded(f)
	place := eventstore.Recorded{Stream: e.Stream, Version: e.Version, Position: e.Position}
	for _, name := range ended.Before {
		c.pending = append(c.pending, endedKey{name, place, f.At, true})
	}
	for _, name := range ended.After {
		c.pending = append(c.pending, endedKey{name, place, f.At, false})
	}
	if len(c.pending) < vault.RowsAtOnce {
		return nil
	}
	return c.look(ctx)
}

// look asks the vault for the pending names: a *LiveError for one that must not be there.
func (c *endedCheck) look(ctx context.Context) error {
	names := make([]string, len(c.pending))
	for i, p := range c.pending {
		names[i] = p.name
	}
	keys, err := c.vault.Keys(ctx, names...)
	if errors.Is(err, vault.ErrCorrupt) || errors.Is(err, vault.ErrMasterKey) { // a row that does not open is reported by the walk of the vault
		c.pending = c.pending[:0]
		return nil
	}
	if err != nil {
		return err
	}
	for i, key := range keys {
		p := c.pending[i]
		switch {
		case key == nil:
		case p.before:
			return p.live()
		default:
			c.late = append(c.late, p)
		}
	}
	c.pending = c.pending[:0]
	return nil
}

func (p *endedKey) live() *LiveError {
	return &LiveError{p.name, p.event.Stream, p.event.Version, p.event.Position}
}

// end returns the first key that should have been destroyed long ago.
func (c *endedCheck) end(ctx context.Context) error {
	if err := c.look(ctx); err != nil {
		return err
	}
	for i := range c.late {
		if c.newest.Sub(c.late[i].at) > longSettled {
			return c.late[i].live()
		}
	}
	return nil
}
