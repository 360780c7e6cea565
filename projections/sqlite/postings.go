package sqlite

import (
	"context"

	"accountledger/projections/view"
)

// post updates the full-text index for rows about to be written. All are newer than what is stored under their ids
// in before; new ones get their number.
func (s *store) post(ctx context.Context, rows []row, before map[string]*stored) error {
	next, err := s.nextNumber(ctx)
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		old := before[r.doc.ID]
		if old == nil {
			old, r.n = &stored{n: next}, next
			next++
		}
		if old.words != r.words {
			if err := s.repost(ctx, old, r.words); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *store) nextNumber(ctx context.Context) (int64, error) {
	statement, err := s.statement(ctx, `SELECT coalesce(max(n), 0) + 1 FROM docs`)
	if err != nil {
		return 0, err
	}
	var next int64
	err = statement.QueryRowContext(context.WithoutCancel(ctx)).Scan(&next)
	return next, err
}

// repost replaces the postings of one row.
func (s *store) repost(ctx context.Context, old *stored, words string) error {
	if old.words != "" {
		drop, err := s.statement(ctx, `DELETE FROM postings WHERE rowid = ?`)
		if err != nil {
			return err
		}
		if _, err := drop.ExecContext(context.WithoutCancel(ctx), old.n); err != nil {
			return err
		}
	}
	if words == "" {
		return nil
	}
	return s.postNew(ctx, old.n, words)
}

// postNew adds the postings of a row that has none.
func (s *store) postNew(ctx context.Context, n int64, words string) error {
	add, err := s.statement(ctx, `INSERT INTO postings (rowid, words) VALUES (?, ?)`)
	if err != nil {
		return err
	}
	_, err = add.ExecContext(context.WithoutCancel(ctx), n, words)
	return err
}

// match returns a search for words in the full-text index's syntax. The words
// hold only letters, digits and marks, since view.Cut made them.
func match(words []view.Word) string {
	var b []byte
	for i, w := range words {
		if i > 0 {
			b = append(b, " AND "...)
		}
		b = append(b, '"')
		b = append(b, w.Text...)
		b = append(b, '"')
		if w.Prefix {
			b = append(b, " *"...)
		}
	}
	return string(b)
}
