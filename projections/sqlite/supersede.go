package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"accountledger/projections/view"
)

// stored is what must be known about a stored row to update its postings and the tallies.
type stored struct {
	n        int64
	position int64
	words    string
	// doc holds only the fields that tallies count by.
	doc view.Document
}

// supersede returns those of rows that are newer than what is stored, updates the full-text index for them and
// records how the tallies change. In a view with words, new rows get their number.
func (s *store) supersede(ctx context.Context, rows []row, counts *deltas) ([]row, error) {
	before, err := s.storedRows(ctx, rows)
	if err != nil {
		return nil, err
	}
	kept := make([]row, 0, len(rows))
	for _, r := range rows {
		old := before[r.doc.ID]
		if old != nil && r.doc.Position <= old.position {
			continue
		}
		if old != nil {
			counts.count(&old.doc, -1)
		}
		counts.count(r.doc, 1)
		kept = append(kept, r)
	}
	if !s.layout.words {
		return kept, nil
	}
	return kept, s.post(ctx, kept, before)
}

func (s *store) storedRows(ctx context.Context, rows []row) (map[string]*stored, error) {
	before := make(map[string]*stored, len(rows))
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].doc.ID
	}
	for start := 0; start < len(ids); start += loadChunk {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		chunk := ids[start:min(start+loadChunk, len(ids))]
		statement, err := s.statement(ctx, s.layout.storedByID[chunkSize(len(chunk))])
		if err != nil {
			return nil, err
		}
		found, err := statement.QueryContext(context.WithoutCancel(ctx), idArgs(chunk)...)
		if err != nil {
			return nil, err
		}
		if err := s.scanStored(found, before); err != nil {
			return nil, err
		}
	}
	return before, nil
}

// selectStored returns the statement that reads what scanStored needs for up to n rows.
func (l *layout) selectStored(n int) string {
	words := "''"
	if l.words {
		words = "coalesce(words, '')"
	}
	text := "SELECT id, n, position, deleted, " + words
	for _, place := range l.tallied {
		text += ", " + l.columns[place]
	}
	return text + " FROM docs WHERE id IN " + marks(n)
}

func (s *store) scanStored(rows *sql.Rows, into map[string]*stored) error {
	defer func() { _ = rows.Close() }()
	var id string
	cells := make([]any, len(s.layout.tallied))
	for rows.Next() {
		old := &stored{}
		targets := []any{&id, &old.n, &old.position, &old.doc.Deleted, &old.words}
		for i := range cells {
			targets = append(targets, &cells[i])
		}
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		old.doc.Values = make([]view.Value, len(s.schema.Fields))
		for i, place := range s.layout.tallied {
			v, ok := value(s.schema.Fields[place].Kind, cells[i])
			if !ok {
				return fmt.Errorf("%w: a row of %s", view.ErrCorrupt, s.id)
			}
			old.doc.Values[place] = v
		}
		into[id] = old
	}
	return rows.Err()
}
