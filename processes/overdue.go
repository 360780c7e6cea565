package processes

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// overdueAfter is how late something is settled at most in normal operation: the list is checked that often.
const overdueAfter = longest + patience

// Overdue counts entries that should have been settled, by kind: verification, erasure, device, password and removal, all always present.
func (p *Processes) Overdue(ctx context.Context) (map[string]int, error) {
	return p.list.overdue(ctx, p.Now().Add(-overdueAfter))
}

// overdue counts entries due before a time.
func (l *list) overdue(ctx context.Context, before time.Time) (map[string]int, error) {
	out := map[string]int{string(proofs): 0, string(erasures): 0, string(devices): 0, string(passwords): 0, string(removals): 0}
	err := l.read(func(db *sql.DB) (err error) {
		rows, err := db.QueryContext(ctx, `SELECT kind, count(*) FROM deadlines WHERE due < ? GROUP BY kind`, before.UnixMilli())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var kind string
			var n int
			if err := rows.Scan(&kind, &n); err != nil {
				return err
			}
			out[kind] = n
		}
		return rows.Err()
	})
	return out, err
}
