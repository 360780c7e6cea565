package sqlite

import (
	"context"
	"errors"
	"fmt"
)

// fillCommit is how many documents filling gathers before it commits: the
// fewer the commits, the fewer times a page of the index by id is written.
const fillCommit = 20_000

// beginFill takes away what slows writing down and can be built at the end: the
// indexes for queries and the full-text index.
func (s *store) beginFill(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.filling.Load() {
		return nil
	}
	err := s.transaction(ctx, func(ctx context.Context) error {
		for i := range s.schema.Indexes {
			if _, err := s.conn.ExecContext(ctx, `DROP INDEX IF EXISTS `+indexName(i)); err != nil {
				return err
			}
		}
		if s.layout.words {
			if _, err := s.conn.ExecContext(ctx, `DROP TABLE IF EXISTS postings`); err != nil {
				return err
			}
		}
		return s.setMeta(ctx, "filling", "1")
	})
	if err != nil {
		return err
	}
	s.filling.Store(true)
	return s.cache(ctx, fillCache)
}

// fill does the work of one write in the transaction that filling keeps open. A
// write that was cancelled leaves documents but not the checkpoint, which is
// harmless. Any other error takes back writes that had returned, so from then
// on nothing more is taken: the generation has to be opened again and filled on
// from its checkpoint.
func (s *store) fill(ctx context.Context, documents int, work func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.failed != nil {
		return s.failed
	}
	whole := context.WithoutCancel(ctx)
	if s.pending == 0 {
		if _, err := s.conn.ExecContext(whole, `BEGIN IMMEDIATE`); err != nil {
			return err
		}
	}
	s.pending += max(documents, 1)
	err := work(ctx)
	if err == nil && s.pending >= fillCommit {
		err = s.commitFill()
	}
	if err == nil || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	s.failed = fmt.Errorf("generation %s: open it again and fill on from its checkpoint: %w", s.id, err)
	if s.pending > 0 {
		_, _ = s.conn.ExecContext(whole, `ROLLBACK`)
		s.pending = 0
	}
	return s.failed
}

// commitFill commits what filling has gathered.
func (s *store) commitFill() error {
	_, err := s.conn.ExecContext(context.Background(), `COMMIT`)
	if err == nil {
		s.pending = 0
	}
	return err
}

// endFill builds what is missing. Every index is a step of its own, so that one
// that is done stays done; the last step builds the full-text index and ends the
// filling at once.
func (s *store) endFill(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.filling.Load() {
		return nil
	}
	if s.failed != nil {
		return s.failed
	}
	if s.pending > 0 {
		if err := s.commitFill(); err != nil {
			return err
		}
	}
	for _, statement := range s.layout.createIndexes() {
		if _, err := s.conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	// The planner chooses between indexes by what they hold.
	if _, err := s.conn.ExecContext(ctx, `ANALYZE`); err != nil { //nolint:misspell // a word of SQLite
		return err
	}
	if err := s.transaction(ctx, s.endFilling); err != nil {
		return err
	}
	s.filling.Store(false)
	whole := context.WithoutCancel(ctx)
	_, err := s.conn.ExecContext(whole, `PRAGMA shrink_memory`)
	return errors.Join(s.cache(whole, writerCache), err)
}

func (s *store) endFilling(ctx context.Context) error {
	if s.layout.words {
		for _, statement := range []string{
			s.layout.createPostings(),
			`INSERT INTO postings (rowid, words) SELECT n, words FROM docs WHERE words IS NOT NULL ORDER BY n`,
		} {
			if _, err := s.conn.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
	}
	return s.setMeta(ctx, "filling", "0")
}
