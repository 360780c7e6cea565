package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"
)

// maxGroup bounds how many requests share a transaction, so that the first
// does not wait for long.
const maxGroup = 256

// request is one caller's write. apply either does all of it or returns an error, and
// then its writes are undone without affecting others in the transaction.
type request struct {
	ctx   context.Context
	apply func(ctx context.Context, w *writer) error
	// done, if set, runs after the commit and before the answer, on the writer's goroutine.
	done func()
	// destroys requests that the write-ahead log be truncated before the answer.
	destroys bool

	err    error
	answer chan error
}

// writer is the one goroutine that writes.
type writer struct {
	vault    *Vault
	conn     *sql.Conn
	put      writeStatements
	patience time.Duration
	// owed: something was destroyed and the write-ahead log has not been truncated since.
	owed bool
}

// write hands a request to the writer and waits for its answer. If ctx ends first,
// the write may or may not have taken effect.
func (v *Vault) write(r *request) error {
	r.answer = make(chan error, 1)
	select {
	case <-v.quit:
		return ErrClosed
	default:
	}
	select {
	case v.requests <- r:
	case <-v.quit:
		return ErrClosed
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
	select {
	case err := <-r.answer:
		return v.placed(err)
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}

func (w *writer) start(ctx context.Context) error { return w.put.prepare(ctx, w.conn) }

// run takes all waiting requests, commits them together, and answers them. ctx does not end: a caller that leaves must not undo the others.
func (w *writer) run(ctx context.Context) {
	defer close(w.vault.stopped)
	for {
		select {
		case r := <-w.vault.requests:
			w.commit(ctx, w.gather(r))
		case <-w.vault.quit:
			// What remains is cut when the vault is next opened.
			_ = w.cut(ctx)
			_ = errors.Join(w.put.close(), w.conn.Close())
			return
		}
	}
}

func (w *writer) gather(first *request) []*request {
	group := []*request{first}
	for len(group) < maxGroup {
		select {
		case r := <-w.vault.requests:
			group = append(group, r)
		default:
			return group
		}
	}
	return group
}

// commit runs a group in one transaction. Requests that need no cut are answered
// before it.
func (w *writer) commit(ctx context.Context, group []*request) {
	err := w.transact(ctx, group)
	var waiting []*request
	for _, r := range group {
		switch {
		case err != nil:
			r.answer <- err
		case r.err != nil:
			r.answer <- r.err
		default:
			if r.done != nil {
				r.done()
			}
			if r.destroys {
				w.owed = true
				waiting = append(waiting, r)
				continue
			}
			r.answer <- nil
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
	for _, r := range waiting {
		r.answer <- cutErr
	}
}

func (w *writer) transact(ctx context.Context, group []*request) error {
	if err := w.exec(ctx, w.put.begin); err != nil {
		return unavailable("beginning a transaction", err)
	}
	if err := w.exec(ctx, w.put.turn, w.vault.turn+1); err != nil {
		return w.abandon(ctx, err)
	}
	for _, r := range group {
		if r.err = r.ctx.Err(); r.err != nil {
			continue
		}
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
	if !slices.ContainsFunc(group, func(r *request) bool { return r.err == nil }) { // nothing was written
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
