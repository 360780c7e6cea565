package sqlite

import (
	"context"
	"database/sql"

	"accountledger/projections/view"
)

// stored is what must be known of a stored row to bring its postings up to date.
type stored struct {
	n        int64
	position int64
	words    string
}

// post brings the full-text index up to what rows are about to say, and gives
// those of them that are newer than what is stored, new ones with their number.
func (s *store) post(ctx context.Context, rows []row) ([]row, error) {
	before, err := s.storedRows(ctx, rows)
	if err != nil {
		return nil, err
	}
	next, err := s.nextNumber()
	if err != nil {
		return nil, err
	}
	kept := rows[:0:0]
	for _, r := range rows {
		old, known := before[r.doc.ID]
		switch {
		case known && r.doc.Position <= old.position:
			continue
		case !known:
			old.n, r.n = next, next
			next++
		}
		if old.words != r.words {
			if err := s.repost(old, r.words); err != nil {
				return nil, err
			}
		}
		kept = append(kept, r)
	}
	return kept, nil
}

func (s *store) storedRows(ctx context.Context, rows []row) (map[string]stored, error) {
	before := make(map[string]stored, len(rows))
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].doc.ID
	}
	for start := 0; start < len(ids); start += loadChunk {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		chunk := ids[start:min(start+loadChunk, len(ids))]
		statement, err := s.statement(`SELECT id, n, position, coalesce(words, '') FROM docs WHERE id IN ` + marks(chunkSize(len(chunk)))) //nolint:sqlclosecheck // closed with the store
		if err != nil {
			return nil, err
		}
		found, err := statement.QueryContext(context.Background(), idArgs(chunk)...)
		if err != nil {
			return nil, err
		}
		if err := scanStored(found, before); err != nil {
			return nil, err
		}
	}
	return before, nil
}

func scanStored(rows *sql.Rows, into map[string]stored) error {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		var old stored
		if err := rows.Scan(&id, &old.n, &old.position, &old.words); err != nil {
			return err
		}
		into[id] = old
	}
	return rows.Err()
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
func (s *store) repost(old stored, words string) error {
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

// match gives the search for words as the full-text index reads it. The words
// hold letters, digits and marks only, since view.Cut made them.
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
