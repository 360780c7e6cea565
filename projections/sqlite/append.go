package sqlite

import (
	"context"
	"hash/maphash"
)

// appended holds the ids of all documents of a generation that is filled from empty, as hashes. As long as every incoming
// document is new, rows are only added at the end of the table and the index by id is built in
// one pass afterwards, which costs a fraction of maintaining it. It may take a new id for an existing
// one, never the reverse.
type appended struct {
	seed maphash.Seed
	ids  map[uint64]struct{}
	// unknown says that there are documents whose ids are not known here: then any id may exist.
	unknown bool
}

func newAppended() *appended {
	return &appended{seed: maphash.MakeSeed(), ids: map[uint64]struct{}{}}
}

func (a *appended) has(id string) bool {
	if a.unknown {
		return true
	}
	_, ok := a.ids[maphash.String(a.seed, id)]
	return ok
}

func (a *appended) add(id string) { a.ids[maphash.String(a.seed, id)] = struct{}{} }

// dropUnused drops the index by id from a file without documents.
func (s *store) dropUnused(ctx context.Context) error {
	var some bool
	if err := s.conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM docs)`).Scan(&some); err != nil || some {
		return err
	}
	_, err := s.conn.ExecContext(ctx, `DROP INDEX IF EXISTS docs_id`)
	return err
}

// findUnique decides how filling continues: without the index by id if there are no documents, else with it. If an
// interrupted filling had none, it is built only when needed, so that reading the checkpoint does not wait for it.
func (s *store) findUnique(ctx context.Context) error {
	var some, indexed bool
	err := s.conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM docs), EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'docs_id')`).Scan(&some, &indexed)
	switch {
	case err != nil || indexed:
		return err
	case some:
		s.appended = &appended{unknown: true}
		return nil
	}
	s.appended = newAppended()
	s.startGathering()
	return nil
}

// makeUnique builds the index by id: from then on filling looks up documents.
func (s *store) makeUnique(ctx context.Context) error {
	if _, err := s.conn.ExecContext(context.WithoutCancel(ctx), s.layout.createUnique()); err != nil {
		return err
	}
	s.appended = nil
	return nil
}

// absent reports that certainly none of these documents is stored.
func (s *store) absent(ids []string) bool {
	if s.appended == nil {
		return false
	}
	for _, id := range ids {
		if s.appended.has(id) {
			return false
		}
	}
	return true
}

// fillRows writes rows while filling.
func (s *store) fillRows(ctx context.Context, rows []row) error {
	s.gather(rows)
	if s.appended != nil {
		known := len(s.appended.ids)+len(rows) > s.limits.appended
		for i := 0; i < len(rows) && !known; i++ {
			known = s.appended.has(rows[i].doc.ID)
		}
		if !known {
			return s.appendRows(ctx, rows)
		}
		if err := s.makeUnique(ctx); err != nil {
			return err
		}
	}
	// One row per statement: a statement for many would keep a copy of every page of the index that it touches, in
	// case it fails half-way.
	args := make([]any, 0, len(s.layout.order)+5)
	for i := range rows {
		if i%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := s.putChunk(ctx, s.layout.upserts, rows[i:i+1], args); err != nil {
			return err
		}
	}
	return nil
}

// appendRows adds rows that do not exist yet. They count as existing even if that is interrupted.
func (s *store) appendRows(ctx context.Context, rows []row) error {
	for i := range rows {
		s.appended.add(rows[i].doc.ID)
	}
	return s.inChunks(ctx, s.layout.inserts, rows)
}
