package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// cutTries is how often a cut is tried before it fails.
const cutTries = 4

// cutPatiently truncates the write-ahead log. Between attempts it waits, so that other
// programs can finish reading; reads of this process go on meanwhile.
func (w *writer) cutPatiently(ctx context.Context) error {
	var err error
	for try := range cutTries {
		if try > 0 {
			select {
			case <-time.After(w.patience):
			case <-w.vault.quit:
				return err
			}
		}
		if err = w.cut(ctx); !errors.Is(err, ErrRemains) {
			return err
		}
	}
	return err
}

// Cut makes sure that nothing of what was destroyed is left in the write-ahead log: ErrRemains if another program keeps reading.
func (v *Vault) Cut(ctx context.Context) error {
	return v.write(&request{ctx: ctx, apply: func(context.Context, *writer) error { return nil }, destroys: true})
}

// cut copies the write-ahead log into the file and truncates it to nothing. Nobody may be
// reading: this process's own reads are kept out by the gate, those of other
// programs make it return ErrRemains immediately. SQLite reports them in the row that the
// statement returns, not as an error.
func (w *writer) cut(ctx context.Context) (err error) {
	w.vault.gate.Lock()
	defer w.vault.gate.Unlock()
	if err := w.wait(ctx, 0); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.wait(ctx, w.patience)) }()
	var busy, inLog, copied int
	err = w.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &inLog, &copied)
	if err != nil {
		return unavailable("truncating the write-ahead log", err)
	}
	if busy != 0 || inLog > 0 {
		return ErrRemains
	}
	w.owed = false
	return nil
}

// wait sets how long the writer's connection waits for other programs.
func (w *writer) wait(ctx context.Context, d time.Duration) error {
	_, err := w.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", d.Milliseconds()))
	if err != nil {
		return unavailable("setting how long to wait", err)
	}
	return nil
}
