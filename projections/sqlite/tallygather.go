package sqlite

import (
	"context"
	"strings"
)

// gathered counts the documents of a generation as they are written, while it is filled from empty. It cannot see
// repeated documents, but at the end it can tell whether there were any: then there are fewer rows than it counted.
// This costs a tenth of sorting all documents by their cells.
type gathered struct {
	// tallies are those not built from others.
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

// count counts rows about to be written; false if there are more cells than most, and then it stops counting.
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

// add adds a cell with one member. Its texts are copies, so that it retains no document.
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

// deltas returns what was gathered for one tally.
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

// allGathered reports whether what was gathered is all that is stored, each document counted once: every document
// written made a row, and rows are numbered from 1 and never deleted.
func (s *store) allGathered(ctx context.Context) (bool, error) {
	if s.gathered == nil {
		return false, nil
	}
	var last int64
	err := s.conn.QueryRowContext(ctx, `SELECT coalesce(max(n), 0) FROM docs`).Scan(&last)
	return last == s.gathered.documents, err
}

// startGathering starts counting, in a file without documents.
func (s *store) startGathering() {
	if len(s.layout.tallies) > 0 {
		s.gathered = newGathered(s.layout)
	}
}
