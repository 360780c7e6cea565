package processes

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"accountledger/journal"
)

// kind is a kind of deadline.
type kind string

const (
	proofs    kind = "verification"
	erasures  kind = "erasure"
	devices   kind = "device"   // unlinked; its key must be destroyed
	passwords kind = "password" // of an account; the keys of those before it must be destroyed
	factors   kind = "factor"   // removed; its key must be destroyed
	removals  kind = "removal"  // of a contact, by its claim; it must be let go of once it cannot be undone
)

// deadline is one thing to settle at a certain time.
type deadline struct {
	kind  kind
	id    uuid.UUID
	due   time.Time
	tries int
}

// change is an event's effect on the list; a zero time removes the entry.
type change struct {
	kind kind
	id   uuid.UUID
	due  time.Time
	soon bool             // independent of time: something started must be finished
	at   journal.Position // of the event
}

// checkpoint is the list's checkpoint; zero if it is new.
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

// known is the time proven by the log up to the checkpoint; zero if there is no event.
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

const (
	deleteEntry = `DELETE FROM deadlines WHERE kind = ? AND id = ?`
	putEntry    = `INSERT INTO deadlines (kind, id, due, next, position, soon) VALUES (?1, ?2, ?3, ?6, ?4, ?5)
		ON CONFLICT DO UPDATE SET due = excluded.due, next = excluded.next, position = excluded.position, soon = excluded.soon, tries = 0`
	putCheckpoint = `INSERT INTO checkpoint VALUES (1, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at, known = excluded.known`
)

// apply changes the list, the proven time and the checkpoint, atomically. Entries independent of time are looked at by soon, even if
// the clock was ahead when they were started.
func (l *list) apply(ctx context.Context, changes map[entry]change, soon, known time.Time, at journal.Checkpoint) error {
	raw, err := json.Marshal(at)
	if err != nil {
		return fmt.Errorf("processes: writing the list's checkpoint: %w", err)
	}
	return l.write(ctx, func(tx *sql.Tx) (err error) {
		remove, err := tx.PrepareContext(ctx, deleteEntry)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, remove.Close()) }()
		put, err := tx.PrepareContext(ctx, putEntry)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, put.Close()) }()
		for _, c := range inOrder(changes) {
			if c.due.IsZero() {
				_, err = remove.ExecContext(ctx, c.kind, c.id[:])
			} else {
				next := c.due
				if c.soon && next.After(soon) {
					next = soon
				}
				_, err = put.ExecContext(ctx, c.kind, c.id[:], c.due.UnixMilli(), c.at.Int64(), c.soon, next.UnixMilli())
			}
			if err != nil {
				return err
			}
		}
		var ms int64
		if !known.IsZero() {
			ms = known.UnixMilli()
		}
		_, err = tx.ExecContext(ctx, putCheckpoint, raw, ms)
		return err
	})
}

// inOrder gives changes in the order of the table, so that each of its pages is written once.
func inOrder(changes map[entry]change) []change {
	return slices.SortedFunc(maps.Values(changes), func(a, b change) int {
		if by := strings.Compare(string(a.kind), string(b.kind)); by != 0 {
			return by
		}
		return bytes.Compare(a.id[:], b.id[:])
	})
}

// clear empties a list that belongs to another log.
func (l *list) clear(ctx context.Context) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM deadlines; DELETE FROM checkpoint`)
		return err
	})
}

// later postpones an entry after a failure.
func (l *list) later(ctx context.Context, d deadline, next time.Time) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE deadlines SET next = ?, tries = tries + 1 WHERE kind = ? AND id = ?`, next.UnixMilli(), d.kind, d.id[:])
		return err
	})
}

// wentBack corrects what a clock that was ahead did to the list: entries postponed or started under it are looked at by soon, the
// others when they are due.
func (l *list) wentBack(ctx context.Context, soon time.Time) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE deadlines SET next = CASE WHEN soon THEN ?1 ELSE due END WHERE next > CASE WHEN soon THEN ?1 ELSE due END`,
			soon.UnixMilli())
		return err
	})
}

// remove removes an entry, unless an event has changed it in the meantime.
func (l *list) remove(ctx context.Context, d deadline) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM deadlines WHERE kind = ? AND id = ? AND due = ?`, d.kind, d.id[:], d.due.UnixMilli())
		return err
	})
}

// due returns what is due, oldest first, and the time of the next one after; without byTime, only entries independent of time.
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

// oldest is the earliest due time on the list; zero if it is empty.
func (l *list) oldest(ctx context.Context) (time.Time, error) {
	var due sql.NullInt64
	err := l.read(func(db *sql.DB) error { return db.QueryRowContext(ctx, `SELECT min(due) FROM deadlines`).Scan(&due) })
	if err != nil || !due.Valid {
		return time.Time{}, err
	}
	return time.UnixMilli(due.Int64), nil
}

// drop removes entries from events before a position that were due before a time.
func (l *list) drop(ctx context.Context, position journal.Position, due time.Time) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM deadlines WHERE due < ? AND position < ?`, due.UnixMilli(), position.Int64())
		return err
	})
}

// count is the number of entries.
func (l *list) count(ctx context.Context) (n int, err error) {
	err = l.read(func(db *sql.DB) error { return db.QueryRowContext(ctx, `SELECT count(*) FROM deadlines`).Scan(&n) })
	return n, err
}
