package processes

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"accountledger/pagesum"
)

// errOtherList: the list has a version that this program does not read.
var errOtherList = errors.New("it has another version")

// readList opens the list read-only. One that would be rebuilt from the log is shown as the rebuild would start: empty, at the
// beginning of the log.
func readList(ctx context.Context, path string, log *slog.Logger) (*list, error) {
	l := &list{path: path, spoiled: func() {}}
	err := l.openReadOnly(ctx)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, fs.ErrNotExist):
	case pagesum.Damaged(err), errors.Is(err, pagesum.ErrStructure), errors.Is(err, errOtherList):
		log.Warn("the list of deadlines is unusable; it will be rebuilt from the log", "reason", err.Error())
	default:
		return nil, fmt.Errorf("processes: opening the list: %w", errors.Join(err, l.close()))
	}
	if err := l.close(); err != nil {
		return nil, fmt.Errorf("processes: opening the list: %w", err)
	}
	if l.db, err = sql.Open("sqlite", ":memory:"); err == nil {
		l.db.SetMaxOpenConns(1)
		err = lay(ctx, l.db)
	}
	if err != nil {
		return nil, fmt.Errorf("processes: opening the list: %w", errors.Join(err, l.close()))
	}
	return l, nil
}

// openReadOnly opens the file and reads all of it, like open.
func (l *list) openReadOnly(ctx context.Context) error {
	from, err := pagesum.ReadOnlyAddress(l.path)
	if err != nil {
		return err
	}
	if l.db, err = sql.Open("sqlite", from); err != nil {
		return err
	}
	l.db.SetMaxOpenConns(1)
	conn, err := l.db.Conn(ctx)
	if err != nil {
		return pagesum.Explain(err, l.path)
	}
	err = pagesum.Verify(ctx, conn, l.path, func(read func() error) error { return read() })
	if err = errors.Join(err, conn.Close()); err != nil {
		return pagesum.Explain(err, l.path)
	}
	var version int
	if err := l.db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return pagesum.Explain(err, l.path)
	}
	if version != Version {
		return errOtherList
	}
	return nil
}
