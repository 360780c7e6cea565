package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"accountledger/vault"
)

// newsAtOnce is up to how many destructions are fetched by name; beyond that, the whole
// cache is emptied.
const newsAtOnce = 1000

// watcher learns of destructions, including other processes', on a connection
// of its own, so that calls waiting for the pool do not delay it.
type watcher struct {
	vault  *Vault
	config *pgx.ConnConfig

	conn *pgx.Conn
	// seen is the number of the last destruction removed from the cache.
	seen int64
	// unsure is set when the last request had no answer.
	unsure bool
	// told are the master keys that the session has announced.
	told map[uuid.UUID]bool
}

// run asks until ctx ends. While the server cannot be reached the cache is not trusted,
// and it reconnects as soon as possible.
func (w *watcher) run(ctx context.Context) {
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	defer func() { _ = w.disconnect(ctx) }()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		asked := time.Now()
		var err error
		if w.conn == nil {
			err = w.connect(ctx)
		} else {
			err = w.ask(ctx)
		}
		if err != nil {
			_ = w.disconnect(ctx)
		}
		w.noted(asked, err)
	}
}

// noted records whether there was an answer. After a silence the pooled connections may be dead, and are not used again.
func (w *watcher) noted(asked time.Time, err error) {
	switch {
	case unanswered(err):
		w.vault.outage.silent(asked)
		w.unsure = true
	case err == nil && w.unsure:
		w.unsure = false
		w.vault.pool.Reset()
		fallthrough
	default:
		w.vault.outage.answered()
	}
}

// connect opens the session for news. It empties the cache rather than find out what was destroyed in the meantime.
func (w *watcher) connect(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, w.config.Copy())
	if err != nil {
		return err
	}
	w.conn, w.told = conn, map[uuid.UUID]bool{}
	w.vault.session.Store(conn.PgConn().PID())
	w.vault.outage.answered()
	ctx, cancel := context.WithTimeout(ctx, w.vault.timeout)
	defer cancel()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock_shared($1)", pgx.QueryExecModeExec, w.vault.locks.open); err != nil {
		return err
	}
	if err := w.tell(ctx); err != nil {
		return err
	}
	if _, err := conn.Prepare(ctx, askState, askState); err != nil {
		return err
	}
	asked := time.Now()
	if w.seen, err = w.last(ctx); err != nil {
		return err
	}
	w.vault.cache.Clear()
	w.vault.news.heard(asked)
	return nil
}

func (w *watcher) disconnect(ctx context.Context) error {
	if w.conn == nil {
		return nil
	}
	conn := w.conn
	w.conn = nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askEvery)
	defer cancel()
	return conn.Close(ctx)
}

// ask evicts what was destroyed since the last time.
func (w *watcher) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, trusted)
	defer cancel()
	asked := time.Now()
	last, err := w.last(ctx)
	if err != nil {
		return err
	}
	switch {
	case last == w.seen:
	case last-w.seen > newsAtOnce:
		w.vault.cache.Clear()
	default:
		names, err := w.between(ctx, w.seen, last)
		if err != nil {
			return err
		}
		w.vault.cache.Evict(names...)
	}
	w.seen = last
	w.vault.news.heard(asked)
	return w.tell(ctx)
}

const askState = `SELECT v.id, v.log, v.at_commit, d.number, ARRAY(SELECT id FROM masters WHERE destroyed_at IS NOT NULL)
		FROM vault v, destructions d`

// last returns the number of the last destruction of this vault, unless the server was put back to an earlier state. It drops
// destroyed master keys.
func (w *watcher) last(ctx context.Context) (number int64, err error) {
	known := w.vault.lastBound() // before the request, or what is bound meanwhile would seem to be missing
	var s state
	err = w.conn.QueryRow(ctx, askState).Scan(&s.id, &s.log, &s.commit, &s.destruction, &s.gone)
	switch {
	case err != nil:
		return 0, err
	case s.id != w.vault.id:
		return 0, fmt.Errorf("%w: another vault is there", vault.ErrUnavailable)
	case s.older(known, w.seen):
		w.vault.outage.wentBack(w.vault.locks.schema)
		w.vault.cache.Clear()
		return 0, w.vault.outage.err()
	}
	w.vault.letGo(s.gone)
	return s.destruction, nil
}

func (w *watcher) between(ctx context.Context, after, to int64) ([]string, error) {
	rows, err := w.conn.Query(ctx, "SELECT name FROM keys WHERE destruction > $1 AND destruction <= $2", after, to)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		var name []byte
		err := row.Scan(&name)
		return string(name), err
	})
}

// tell shows rotating processes which master keys this one holds, by locks that end
// with the session. It first reads new files of master keys.
func (w *watcher) tell(ctx context.Context) error {
	_ = w.vault.masters.Refresh() // a rotating process waits for a missing key, and says so
	held := map[uuid.UUID]bool{}
	for _, m := range w.vault.masters.All() {
		held[m.ID] = true
		if w.told[m.ID] {
			continue
		}
		if _, err := w.conn.Exec(ctx, "SELECT pg_advisory_lock_shared($1)", pgx.QueryExecModeExec, w.vault.locks.holds(m.ID)); err != nil {
			return err
		}
		w.told[m.ID] = true
	}
	for id := range w.told {
		if held[id] {
			continue
		}
		if _, err := w.conn.Exec(ctx, "SELECT pg_advisory_unlock_shared($1)", w.vault.locks.holds(id)); err != nil {
			return err
		}
		delete(w.told, id)
	}
	return nil
}
