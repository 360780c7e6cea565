package processes

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"accountledger/journal"
)

// kind is what waits.
type kind string

const (
	signUps  kind = "sign_up"
	erasures kind = "erasure"
	devices  kind = "device" // unlinked; its key is to be destroyed
)

// deadline is one thing that is to be settled at a time.
type deadline struct {
	kind  kind
	id    uuid.UUID
	due   time.Time
	tries int
}

// change is what an event does to the list; a zero time removes the entry.
type change struct {
	kind kind
	id   uuid.UUID
	due  time.Time
	soon bool             // not a matter of time: something begun is to be finished
	at   journal.Position // of the event
}

// checkpoint is where the list stands; the zero one when it is new.
func (l *list) checkpoint(ctx context.Context) (journal.Checkpoint, error) {
	var at journal.Checkpoint
	err := l.read(func(db *sql.DB) error {
		var raw []byte
		err := db.QueryRowContext(ctx, `SELECT at FROM checkpoint`).Scan(&raw)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		} else if err != nil {
			return err
		}
		return json.Unmarshal(raw, &at)
	})
	return at, err
}

// known is the time that the log proves up to the checkpoint; zero while it has no event.
func (l *list) known(ctx context.Context) (time.Time, error) {
	var ms int64
	err := l.read(func(db *sql.DB) error {
		err := db.QueryRowContext(ctx, `SELECT known FROM checkpoint`).Scan(&ms)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil || ms == 0 {
		return time.Time{}, err
	}
	return time.UnixMilli(ms).UTC(), nil
}

// apply changes the list, what time the log proves, and the checkpoint, all or nothing. What is no matter of time is looked at
// by soon, even if the clock was ahead when it was begun.
func (l *list) apply(ctx context.Context, changes []change, soon, known time.Time, at journal.Checkpoint) error {
	raw, err := json.Marshal(at)
	if err != nil {
		return fmt.Errorf("processes: writing the list's checkpoint: %w", err)
	}
	return l.write(ctx, func(tx *sql.Tx) error {
		for _, c := range changes {
			if c.due.IsZero() {
				_, err = tx.ExecContext(ctx, `DELETE FROM deadlines WHERE kind = ? AND id = ?`, c.kind, c.id[:])
			} else {
				next := c.due
				if c.soon && next.After(soon) {
					next = soon
				}
				_, err = tx.ExecContext(ctx, `INSERT INTO deadlines (kind, id, due, next, position, soon) VALUES (?1, ?2, ?3, ?6, ?4, ?5)
					ON CONFLICT DO UPDATE SET due = excluded.due, next = excluded.next, position = excluded.position, soon = excluded.soon, tries = 0`,
					c.kind, c.id[:], c.due.UnixMilli(), c.at.Int64(), c.soon, next.UnixMilli())
			}
			if err != nil {
				return err
			}
		}
		var ms int64
		if !known.IsZero() {
			ms = known.UnixMilli()
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO checkpoint VALUES (1, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at, known = excluded.known`, raw, ms)
		return err
	})
}

// clear forgets everything: the list belongs to another log.
func (l *list) clear(ctx context.Context) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM deadlines; DELETE FROM checkpoint`)
		return err
	})
}

// later puts an entry off after a failure.
func (l *list) later(ctx context.Context, d deadline, next time.Time) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE deadlines SET next = ?, tries = tries + 1 WHERE kind = ? AND id = ?`, next.UnixMilli(), d.kind, d.id[:])
		return err
	})
}

// wentBack makes good what a clock that was ahead did to the list: entries that it put off, and things begun under it, are
// looked at by soon, the others when they are due.
func (l *list) wentBack(ctx context.Context, soon time.Time) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE deadlines SET next = CASE WHEN soon THEN ?1 ELSE due END WHERE next > CASE WHEN soon THEN ?1 ELSE due END`, soon.UnixMilli())
		return err
	})
}

// remove takes an entry out, unless an event has changed it meanwhile.
func (l *list) remove(ctx context.Context, d deadline) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM deadlines WHERE kind = ? AND id = ? AND due = ?`, d.kind, d.id[:], d.due.UnixMilli())
		return err
	})
}

// due gives what is due, the oldest first, and when the next after them is; without byTime, of what is no matter of time.
func (l *list) due(ctx context.Context, now time.Time, byTime bool, most int) (out []deadline, next time.Time, err error) {
	query := `SELECT kind, id, due, tries, next FROM deadlines WHERE soon ORDER BY next LIMIT ?`
	if byTime {
		query = `SELECT kind, id, due, tries, next FROM deadlines ORDER BY next LIMIT ?`
	}
	err = l.read(func(db *sql.DB) (err error) {
		rows, err := db.QueryContext(ctx, query, most+1)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var d deadline
			var id []byte
			var due, again int64
			if err := rows.Scan(&d.kind, &id, &due, &d.tries, &again); err != nil {
				return err
			}
			d.due = time.UnixMilli(due)
			if d.id, err = uuid.FromBytes(id); err != nil {
				return err
			}
			if at := time.UnixMilli(again); at.After(now) || len(out) == most {
				next = at
				return nil
			}
			out = append(out, d)
		}
		return rows.Err()
	})
	return out, next, err
}

// oldest is the earliest time at which something on the list was due; zero when nothing is on it.
func (l *list) oldest(ctx context.Context) (time.Time, error) {
	var due sql.NullInt64
	err := l.read(func(db *sql.DB) error { return db.QueryRowContext(ctx, `SELECT min(due) FROM deadlines`).Scan(&due) })
	if err != nil || !due.Valid {
		return time.Time{}, err
	}
	return time.UnixMilli(due.Int64), nil
}

// drop takes out what events before a position put there to be settled before a time.
func (l *list) drop(ctx context.Context, position journal.Position, due time.Time) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM deadlines WHERE due < ? AND position < ?`, due.UnixMilli(), position.Int64())
		return err
	})
}

// count is how many wait.
func (l *list) count(ctx context.Context) (n int, err error) {
	err = l.read(func(db *sql.DB) error { return db.QueryRowContext(ctx, `SELECT count(*) FROM deadlines`).Scan(&n) })
	return n, err
}
