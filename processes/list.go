package processes

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	_ "modernc.org/sqlite" // the engine of the list

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
	at   journal.Position // of the event
}

// list keeps deadlines and the checkpoint they stand at in one SQLite file, changed in one transaction. It holds opaque ids and times, nothing personal.
type list struct{ db *sql.DB }

// An entry is due at a time, and looked at again at another when it could not be settled; position is that of the
// event that put it there.
const listSchema = `
CREATE TABLE IF NOT EXISTS deadlines (kind TEXT NOT NULL, id BLOB NOT NULL, due INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
	next INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS next ON deadlines (next);
CREATE TABLE IF NOT EXISTS checkpoint (one INTEGER PRIMARY KEY CHECK (one = 1), at BLOB NOT NULL);`

// listVersion is the schema's. A list of another one is made again from the log.
const listVersion = 2

// openList opens the list, empty when there is none.
func openList(ctx context.Context, path string) (*list, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=busy_timeout(5000)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("processes: opening the list: %w", err)
	}
	db.SetMaxOpenConns(1)
	if err := lay(ctx, db); err != nil {
		return nil, errors.Join(fmt.Errorf("processes: opening the list: %w", err), db.Close())
	}
	return &list{db}, nil
}

// lay makes the tables, in the place of those of another version.
func lay(ctx context.Context, db *sql.DB) error {
	var version int
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	if version != listVersion {
		if _, err := db.ExecContext(ctx, `DROP TABLE IF EXISTS deadlines; DROP TABLE IF EXISTS checkpoint`); err != nil {
			return err
		}
	}
	_, err := db.ExecContext(ctx, listSchema+fmt.Sprintf(` PRAGMA user_version = %d;`, listVersion))
	return err
}

func (l *list) close() error { return l.db.Close() }

// checkpoint is where the list stands; the zero one when it is new.
func (l *list) checkpoint(ctx context.Context) (journal.Checkpoint, error) {
	var at journal.Checkpoint
	var raw []byte
	err := l.db.QueryRowContext(ctx, `SELECT at FROM checkpoint`).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return at, nil
	} else if err != nil {
		return at, fmt.Errorf("processes: reading the list's checkpoint: %w", err)
	}
	if err := json.Unmarshal(raw, &at); err != nil {
		return at, fmt.Errorf("processes: reading the list's checkpoint: %w", err)
	}
	return at, nil
}

// apply changes the list and moves its checkpoint, both or neither.
func (l *list) apply(ctx context.Context, changes []change, at journal.Checkpoint) error {
	raw, err := json.Marshal(at)
	if err != nil {
		return fmt.Errorf("processes: writing the list's checkpoint: %w", err)
	}
	return l.write(ctx, func(tx *sql.Tx) error {
		for _, c := range changes {
			if c.due.IsZero() {
				_, err = tx.ExecContext(ctx, `DELETE FROM deadlines WHERE kind = ? AND id = ?`, c.kind, c.id[:])
			} else {
				_, err = tx.ExecContext(ctx, `INSERT INTO deadlines (kind, id, due, next, position) VALUES (?1, ?2, ?3, ?3, ?4)
					ON CONFLICT DO UPDATE SET due = excluded.due, next = excluded.next, position = excluded.position, tries = 0`,
					c.kind, c.id[:], c.due.UnixMilli(), c.at.Int64())
			}
			if err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO checkpoint VALUES (1, ?) ON CONFLICT DO UPDATE SET at = excluded.at`, raw)
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

// remove takes an entry out, unless an event has changed it meanwhile.
func (l *list) remove(ctx context.Context, d deadline) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM deadlines WHERE kind = ? AND id = ? AND due = ?`, d.kind, d.id[:], d.due.UnixMilli())
		return err
	})
}

func (l *list) write(ctx context.Context, run func(*sql.Tx) error) error {
	tx, err := l.db.BeginTx(ctx, nil)
	if err == nil {
		if err = run(tx); err == nil {
			err = tx.Commit()
		} else {
			err = errors.Join(err, tx.Rollback())
		}
	}
	if err != nil {
		return fmt.Errorf("processes: writing the list: %w", err)
	}
	return nil
}

// due gives what is due, the oldest first, and when the next after them is.
func (l *list) due(ctx context.Context, now time.Time, most int) (out []deadline, next time.Time, err error) {
	rows, err := l.db.QueryContext(ctx, `SELECT kind, id, due, tries, next FROM deadlines ORDER BY next LIMIT ?`, most+1)
	if err != nil {
		return nil, next, fmt.Errorf("processes: reading the list: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var d deadline
		var id []byte
		var due, again int64
		if err := rows.Scan(&d.kind, &id, &due, &d.tries, &again); err != nil {
			return nil, next, fmt.Errorf("processes: reading the list: %w", err)
		}
		d.due = time.UnixMilli(due)
		if d.id, err = uuid.FromBytes(id); err != nil {
			return nil, next, fmt.Errorf("processes: reading the list: %w", err)
		}
		if at := time.UnixMilli(again); at.After(now) || len(out) == most {
			return out, at, nil
		}
		out = append(out, d)
	}
	return out, next, rows.Err()
}

// oldest is the earliest time at which something on the list was due; zero when nothing is on it.
func (l *list) oldest(ctx context.Context) (time.Time, error) {
	var due sql.NullInt64
	err := l.db.QueryRowContext(ctx, `SELECT min(due) FROM deadlines`).Scan(&due)
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
	err = l.db.QueryRowContext(ctx, `SELECT count(*) FROM deadlines`).Scan(&n)
	return n, err
}
