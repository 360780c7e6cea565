package pagesum

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// pagesAtOnce is how many pages Verify reads at a time: 8 MiB.
const pagesAtOnce = 2048

// ErrStructure means that pages are as written but inconsistent with each other.
var ErrStructure = errors.New("the pages are inconsistent with each other")

// Verify reads every page of a file through a connection that has read none of it yet, and lets SQLite check the
// structure. It reads in steps, each called through step, which may keep others out meanwhile. It returns a DamageError
// for the first page that does not match its checksum, ErrStructure, or SQLite's error.
func Verify(ctx context.Context, conn *sql.Conn, path string, step func(read func() error) error) error {
	for first, pages := int64(1), int64(1); first <= pages; first += pagesAtOnce {
		err := step(func() error {
			if err := conn.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages); err != nil {
				return Explain(err, path)
			}
			return someGood(ctx, conn, path, first)
		})
		if err != nil {
			return err
		}
	}
	return step(func() error {
		var found string
		if err := conn.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found); err != nil {
			return Explain(err, path)
		}
		if found != "ok" {
			return fmt.Errorf("%w: %s", ErrStructure, path)
		}
		return nil
	})
}

// someGood reads some pages. An unreadable one is either an error or a page without data.
func someGood(ctx context.Context, conn *sql.Conn, path string, first int64) error {
	var unread int
	err := conn.QueryRowContext(ctx, "SELECT count(*) - count(data) FROM sqlite_dbpage WHERE pgno >= ? AND pgno < ?", first, first+pagesAtOnce).Scan(&unread)
	if err != nil {
		return Explain(err, path)
	}
	if unread > 0 {
		return layer.damage(path)
	}
	return nil
}
