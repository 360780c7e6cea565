package sqlite

import (
	"context"
	"errors"
	"fmt"
)

const (
	// fillCommit is how many documents filling gathers before it commits: the
	// fewer the commits, the fewer times a page of the index by id is written.
	fillCommit = 20_000
	// fillCheckpoint is after how many pages the write-ahead file is copied into the
	// main one while filling, for the same reason, and usualCheckpoint otherwise, where
	// each copy waits for the disk along with the log's own appends.
	fillCheckpoint, usualCheckpoint = 16_000, 4000
	// sorters is how many helper threads sort while indexes are built.
	sorters = 2
	// fillTemp keeps SQLite's temporary data in files while filling, when indexes are sorted, and usualTemp in memory
	// otherwise, when it is only the undo data of one statement.
	fillTemp, usualTemp = "FILE", "MEMORY"
	// usualPostings is how much of the full-text index SQLite gathers in memory by default, in bytes.
	usualPostings = 1 << 20
	// analysed bounds how many entries of an index are sampled for statistics.
	analysed = 2000
)

// beginFill drops what slows down writing and can be built at the end: the
// indexes for queries, the full-text index and the tallies.
func (s *store) beginFill(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.filling.Load() {
		return nil
	}
	if err := s.flush(ctx); err != nil {
		return err
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
		for _, t := range s.layout.tallies {
			if _, err := s.conn.ExecContext(ctx, t.drop()); err != nil {
				return err
			}
		}
		return errors.Join(s.dropUnused(ctx), s.setMeta(ctx, "filling", "1"))
	})
	if err != nil {
		return err
	}
	s.filling.Store(true)
	return s.tuneForFill(ctx)
}

// tuneForFill sets the writing connection up for filling.
func (s *store) tuneForFill(ctx context.Context) error {
	return errors.Join(s.cache(ctx, s.limits.cache), s.pragma(ctx, "wal_autocheckpoint", fillCheckpoint), s.pragma(ctx, "temp_store", fillTemp),
		s.pragma(ctx, "analysis_limit", analysed), s.findUnique(ctx))
}

// tuneForIndexes lets helper threads sort a part of an index while the next one is read: they do so only when a part is full, and
// a part may be as large as the cache.
func (s *store) tuneForIndexes(ctx context.Context) error {
	return errors.Join(s.cache(ctx, s.limits.sort), s.pragma(ctx, "threads", sorters))
}

// tuneForUse reverts that.
func (s *store) tuneForUse(ctx context.Context) error {
	return errors.Join(s.cache(ctx, writerCache), s.pragma(ctx, "threads", 0), s.pragma(ctx, "wal_autocheckpoint", usualCheckpoint),
		s.pragma(ctx, "temp_store", usualTemp), s.pragma(ctx, "shrink_memory", ""))
}

// fill does the work of one write in the transaction that filling keeps open. A
// cancelled write leaves documents but not the checkpoint, which is
// harmless. Any other error rolls back writes that had returned, so after it
// nothing more is accepted: the generation must be opened again and filled
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
		err = s.commitFill(whole)
	}
	if err == nil || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	s.failed = fmt.Errorf("generation %s: open it again and continue filling from its checkpoint: %w", s.id, err)
	if s.pending > 0 {
		_, _ = s.conn.ExecContext(whole, `ROLLBACK`)
		s.pending = 0
	}
	return s.failed
}

// commitFill commits what filling has gathered.
func (s *store) commitFill(ctx context.Context) error {
	_, err := s.conn.ExecContext(context.WithoutCancel(ctx), `COMMIT`)
	if err == nil {
		s.pending = 0
	}
	return err
}

// endFill builds what is missing. Every index is a separate step, so that one
// that is done stays done; the last step builds the full-text index and the tallies and also ends the
// filling, since writes after an interrupted end would make them stale.
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
		if err := s.commitFill(ctx); err != nil {
			return err
		}
	}
	if err := s.tuneForIndexes(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	for _, statement := range append([]string{s.layout.createUnique()}, s.layout.createIndexes()...) {
		if _, err := s.conn.ExecContext(ctx, statement); err != nil {
			return err
		}
		s.appended = nil // the first step is the index by id
	}
	// The planner chooses between indexes by statistics; a sample of each is enough.
	if _, err := s.conn.ExecContext(ctx, `ANALYZE`); err != nil {
		return err
	}
	if err := s.transaction(ctx, s.endFilling); err != nil {
		return err
	}
	s.filling.Store(false)
	s.gathered = nil
	return s.tuneForUse(context.WithoutCancel(ctx))
}

func (s *store) endFilling(ctx context.Context) error {
	if s.layout.words {
		for _, statement := range []string{
			s.layout.createPostings(),
			fmt.Sprintf(`INSERT INTO postings (postings, rank) VALUES ('hashsize', %d)`, s.limits.postings),
			`INSERT INTO postings (rowid, words) SELECT n, words FROM docs WHERE words IS NOT NULL ORDER BY n`,
			fmt.Sprintf(`INSERT INTO postings (postings, rank) VALUES ('hashsize', %d)`, usualPostings),
		} {
			if _, err := s.conn.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
	}
	return errors.Join(s.fillTallies(ctx), s.setMeta(ctx, "filling", "0"))
}
