package sqlite

import (
	"context"

	"accountledger/projections/view"
)

// post updates the full-text index for rows about to be written. All are newer than what is stored under their ids
// in before; new ones get their number.
func (s *store) post(rows []row, before map[string]*stored) error {
	next, err := s.nextNumber()
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
			if err := s.repost(old, r.words); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *store) nextNumber() (int64, error) {
	statement, err := s.statement(`SELECT coalesce(max(n), 0) + 1 FROM docs`) //nolint:sqlclosecheck // closed with the store
	if err != nil {
		return 0, err
	}
	var next int64
	err = statement.QueryRowContext(context.Background()).Scan(&next)
	return next, err
}

// repost replaces the postings of one row.
func (s *store) repost(old *stored, words string) error {
	if old.words != "" {
		drop, err := s.statement(`DELETE FROM postings WHERE rowid = ?`) //nolint:sqlclosecheck // closed with the store
		if err != nil {
			return err
		}
		if _, err := drop.ExecContext(context.Background(), old.n); err != nil {
			return err
		}
	}
	if words == "" {
		return nil
	}
	return s.postNew(old.n, words)
}

// postNew adds the postings of a row that has none.
func (s *store) postNew(n int64, words string) error {
	add, err := s.statement(`INSERT INTO postings (rowid, words) VALUES (?, ?)`) //nolint:sqlclosecheck // closed with the store
	if err != nil {
		return err
	}
	_, err = add.ExecContext(context.Background(), n, words)
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
