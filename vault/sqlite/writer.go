package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"accountledger/internal/groupcommit"
)

// request is one caller's write. apply either does all of it or returns an error, and
// then its writes are undone without affecting others in the transaction.
type request struct {
	ctx   context.Context
	apply func(ctx context.Context, w *writer) error
	// done, if set, runs after the commit and before the answer, before the next group is written.
	done func()
	// destroys requests that the write-ahead log be truncated before the answer.
	destroys bool

	err error
}

type call = groupcommit.Call[*request]

// writer writes for all, one group after the other.
type writer struct {
	vault    *Vault
	conn     *sql.Conn
	put      writeStatements
	patience time.Duration
	// owed: something was destroyed and the write-ahead log has not been truncated since.
	owed bool
}

// write has a request written and waits for its answer. If ctx ends first,
// the write may or may not have taken effect.
func (v *Vault) write(r *request) error {
	err := v.writing.Do(r.ctx, r)
	switch {
	case errors.Is(err, groupcommit.ErrClosed):
		return ErrClosed
	case r.ctx.Err() != nil && errors.Is(err, r.ctx.Err()):
		return err
	}
	return v.placed(err)
}

func (w *writer) start(ctx context.Context) error { return w.put.prepare(ctx, w.conn) }

// end frees the writer. What remains to be cut is cut when the vault is next opened.
func (w *writer) end() {
	_ = w.cut(context.Background())
	_ = errors.Join(w.put.close(), w.conn.Close())
}

// commit runs a group in one transaction. Requests that need no cut are answered
// before it.
func (w *writer) commit(group []*call) {
	ctx := context.Background() // a caller that leaves must not undo the others
	err := w.transact(ctx, group)
	var waiting []*call
	for _, c := range group {
		r := c.Of
		switch {
		case err != nil:
			c.Answer(err)
		case r.err != nil:
			c.Answer(r.err)
		default:
			if r.done != nil {
				r.done()
			}
			if r.destroys {
				w.owed = true
				waiting = append(waiting, c)
				continue
			}
			c.Answer(nil)
		}
	}
	if !w.owed {
		return
	}
	if len(waiting) == 0 { // owed by an earlier group; nobody is waiting for it
		_ = w.cut(ctx)
		return
	}
	cutErr := w.cutPatiently(ctx)
	for _, c := range waiting {
		c.Answer(cutErr)
	}
}

func (w *writer) transact(ctx context.Context, group []*call) error {
	if err := w.exec(ctx, w.put.begin); err != nil {
		return unavailable("beginning a transaction", err)
	}
	if err := w.exec(ctx, w.put.turn, w.vault.turn+1); err != nil {
		return w.abandon(ctx, err)
	}
	for _, c := range group {
		r := c.Of
		if err := w.exec(ctx, w.put.savepoint); err != nil {
			return w.abandon(ctx, err)
		}
		if r.err = r.apply(ctx, w); r.err != nil {
			if err := w.exec(ctx, w.put.undo); err != nil {
				return w.abandon(ctx, err)
			}
		}
		if err := w.exec(ctx, w.put.release); err != nil {
			return w.abandon(ctx, err)
		}
	}
	if !slices.ContainsFunc(group, func(c *call) bool { return c.Of.err == nil }) { // nothing was written
		return w.exec(ctx, w.put.rollback)
	}
	if err := w.exec(ctx, w.put.commit); err != nil {
		return w.abandon(ctx, err)
	}
	return w.committed()
}

// abandon ends a transaction that failed as a whole; SQLite may have ended it already.
func (w *writer) abandon(ctx context.Context, err error) error {
	_ = w.exec(ctx, w.put.rollback)
	return unavailable("committing", err)
}

func (w *writer) exec(ctx context.Context, s *sql.Stmt, args ...any) error {
	_, err := s.ExecContext(ctx, args...)
	return err
}

func now() int64 { return time.Now().UnixMilli() }
