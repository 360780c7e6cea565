package sqlite

import (
	"cmp"
	"context"
	"slices"

	"accountledger/projections/view"
)

// cell is the quarter of an hour in which a document is counted. keys are its keywords, noKeyword for a missing one,
// and at is the quarter, noTime if the tally has no time or the document lacks it.
type cell struct {
	keys [view.MaxTallyKeys]string
	at   int64
}

const (
	noTime    = int64(-1)
	noKeyword = "\x00" // which no keyword can hold
)

// deltas holds, for each tally of a view, how much its cells change.
type deltas struct {
	tallies []*tally
	cells   []map[cell]int64
}

func newDeltas(l *layout) *deltas {
	d := &deltas{tallies: l.tallies, cells: make([]map[cell]int64, len(l.tallies))}
	for i := range d.cells {
		d.cells[i] = map[cell]int64{}
	}
	return d
}

// count adds a document n times to its cells. A tombstone, or nil, has none.
func (d *deltas) count(doc *view.Document, n int64) {
	if doc == nil || doc.Deleted {
		return
	}
	for i, t := range d.tallies {
		d.cells[i][t.cell(doc)] += n
	}
}

func (t *tally) cell(doc *view.Document) cell {
	c := cell{at: noTime}
	for i, place := range t.keys {
		c.keys[i] = noKeyword
		if place < len(doc.Values) && !doc.Values[place].Missing() {
			c.keys[i] = doc.Values[place].Text()
		}
	}
	if t.time != view.NoField && t.time < len(doc.Values) && !doc.Values[t.time].Missing() {
		c.at = doc.Values[t.time].Int64() / quarter
	}
	return c
}

// change is how much one row of a tally's table changes.
type change struct {
	width int64
	cell
	members int64
}

// changes adds the wider cells, and leaves out changes of zero. They are in the table's order.
func changes(cells map[cell]int64) []change {
	type row struct {
		width int64
		cell
	}
	wide := make(map[row]int64, 2*len(cells))
	for c, n := range cells {
		if n == 0 {
			continue
		}
		wide[row{widthAll, cell{keys: c.keys}}] += n
		if c.at == noTime {
			continue
		}
		for _, width := range widths() {
			wide[row{width, cell{c.keys, c.at - c.at%width}}] += n
		}
	}
	all := make([]change, 0, len(wide))
	for r, n := range wide {
		if n != 0 {
			all = append(all, change{r.width, r.cell, n})
		}
	}
	slices.SortFunc(all, func(a, b change) int {
		return cmp.Or(cmp.Compare(a.width, b.width), slices.Compare(a.keys[:], b.keys[:]), cmp.Compare(a.at, b.at))
	})
	return all
}

// putDeltas updates the tallies in the open transaction.
func (s *store) putDeltas(ctx context.Context, d *deltas) error {
	for i, t := range d.tallies {
		all := changes(d.cells[i])
		for len(all) > 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			n := chunkOf(len(all))
			statement, err := s.statement(ctx, t.upserts[n])
			if err != nil {
				return err
			}
			if _, err := statement.ExecContext(context.WithoutCancel(ctx), t.changeArgs(all[:n])...); err != nil {
				return err
			}
			all = all[n:]
		}
	}
	return nil
}

func (t *tally) changeArgs(all []change) []any {
	args := make([]any, 0, len(all)*(len(t.keys)+3))
	for i := range all {
		args = append(args, all[i].width)
		for _, key := range all[i].keys[:len(t.keys)] {
			if key == noKeyword {
				args = append(args, int64(missingKeyword))
			} else {
				args = append(args, key)
			}
		}
		args = append(args, all[i].at, all[i].members)
	}
	return args
}
