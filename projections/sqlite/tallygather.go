package sqlite

import (
	"context"
	"strings"
)

// gathered counts the documents of a generation as they are written, while it is filled from empty on. It knows nothing of
// documents that come again, but whether there were any can be told in the end: then there are fewer rows than it counted.
// Counting so costs a tenth of sorting all documents by their cells.
type gathered struct {
	// tallies are those that are not made of others.
	tallies   []*tally
	cells     []map[cell]*int64
	texts     map[string]string
	size      int
	documents int64
}

func newGathered(l *layout) *gathered {
	g := &gathered{texts: map[string]string{}}
	ordered := l.byFields()
	for i, t := range ordered {
		if source(t, ordered[:i]) == nil {
			g.tallies = append(g.tallies, t)
			g.cells = append(g.cells, map[cell]*int64{})
		}
	}
	return g
}

// count counts rows that are about to be written; false when there are more cells than most, and it does not go on.
func (g *gathered) count(rows []row, most int) bool {
	g.documents += int64(len(rows))
	for i := range rows {
		if rows[i].doc.Deleted {
			continue
		}
		for n, t := range g.tallies {
			c := t.cell(rows[i].doc)
			if members := g.cells[n][c]; members != nil {
				*members++
				continue
			}
			g.add(n, c)
		}
	}
	return g.size <= most
}

// add makes a cell with one member. Its texts are copies, so that it holds on to no document.
func (g *gathered) add(n int, c cell) {
	for i, text := range c.keys {
		kept, known := g.texts[text]
		if !known {
			kept = strings.Clone(text)
			g.texts[kept] = kept
		}
		c.keys[i] = kept
	}
	one := int64(1)
	g.cells[n][c] = &one
	g.size++
}

// deltas gives what was gathered of one tally.
func (g *gathered) deltas(t *tally) *deltas {
	d := &deltas{}
	for n, other := range g.tallies {
		if other != t {
			continue
		}
		cells := make(map[cell]int64, len(g.cells[n]))
		for c, members := range g.cells[n] {
			cells[c] = *members
		}
		d.tallies, d.cells = []*tally{t}, []map[cell]int64{cells}
	}
	return d
}

// gather counts rows for the tallies while filling.
func (s *store) gather(rows []row) {
	if s.gathered != nil && !s.gathered.count(rows, s.limits.gathered) {
		s.gathered = nil
	}
}

// allGathered says whether what was gathered is all that is stored, each document counted once: every document that was
// written made a row, and rows are numbered from 1 on and never deleted.
func (s *store) allGathered(ctx context.Context) (bool, error) {
	if s.gathered == nil {
		return false, nil
	}
	var last int64
	err := s.conn.QueryRowContext(ctx, `SELECT coalesce(max(n), 0) FROM docs`).Scan(&last)
	return last == s.gathered.documents, err
}

// startGathering begins to count, in a file without documents.
func (s *store) startGathering() {
	if len(s.layout.tallies) > 0 {
		s.gathered = newGathered(s.layout)
	}
}
