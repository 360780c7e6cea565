package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"accountledger/projections/view"
)

// fillTallies rebuilds all tallies: from what was gathered while writing, or else from the documents. Those with the most
// fields come first, so that others can be built from them, which have far fewer rows.
func (s *store) fillTallies(ctx context.Context) error {
	known, err := s.allGathered(ctx)
	if err != nil {
		return err
	}
	ordered := s.layout.byFields()
	for i, t := range ordered {
		statements := []string{t.drop(), t.create()}
		from := source(t, ordered[:i])
		if !known || from != nil {
			statements = append(statements, t.fill(from)...)
		}
		for _, statement := range statements {
			if _, err := s.conn.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		if known && from == nil {
			if err := s.putDeltas(ctx, s.gathered.deltas(t)); err != nil {
				return err
			}
		}
	}
	return nil
}

// byFields returns the tallies, most fields first.
func (l *layout) byFields() []*tally {
	ordered := slices.Clone(l.tallies)
	slices.SortStableFunc(ordered, func(a, b *tally) int { return cmp.Compare(b.fields(), a.fields()) })
	return ordered
}

// fields is how many fields a tally counts by.
func (t *tally) fields() int {
	if t.time == view.NoField {
		return len(t.keys)
	}
	return len(t.keys) + 1
}

// source returns one of these tallies that counts by all that t does, or nil.
func source(t *tally, among []*tally) *tally {
	for _, other := range among {
		if t.time != view.NoField && t.time != other.time {
			continue
		}
		if !slices.ContainsFunc(t.keys, func(place int) bool { return !slices.Contains(other.keys, place) }) {
			return other
		}
	}
	return nil
}

// fill returns the statements that fill an empty tally, from another one or, if that is nil, from the documents.
func (t *tally) fill(from *tally) []string {
	if t.time == view.NoField {
		if from != nil {
			return []string{t.gather(widthAll, "0", "sum(members)", from.table, fmt.Sprintf("width = %d", widthAll), t.columns(""))}
		}
		return []string{t.gather(widthAll, "0", "count(*)", "docs", "deleted = 0", t.stored())}
	}
	var statements []string
	column := t.layout.column(t.time)
	if from != nil {
		statements = append(statements, t.gather(widthQuarter, "at", "sum(members)", from.table, fmt.Sprintf("width = %d", widthQuarter), t.columns("")))
	} else {
		statements = append(statements, t.gather(widthQuarter, fmt.Sprintf("%s / %d", column, quarter), "count(*)", "docs",
			"deleted = 0 AND "+column+" IS NOT NULL", t.stored()))
	}
	for _, step := range [][2]int64{{widthQuarter, perHour}, {perHour, perDay}} {
		statements = append(statements, t.gather(step[1], fmt.Sprintf("at - at %% %d", step[1]), "sum(members)", t.table,
			fmt.Sprintf("width = %d", step[0]), t.columns("")))
	}
	statements = append(statements, t.gather(widthAll, "0", "sum(members)", t.table, fmt.Sprintf("width = %d", perDay), t.columns("")))
	if t.layout.schema.At(t.time).Optional {
		statements = append(statements, t.gather(widthAll, "0", "count(*)", "docs", "deleted = 0 AND "+column+" IS NULL", t.stored())+
			` ON CONFLICT (`+t.list("width", "at")+`) DO UPDATE SET members = members + excluded.members`)
	}
	return statements
}

// stored returns the keywords as cells store them, from columns of the documents.
func (t *tally) stored() []string {
	columns := t.columns("")
	for i, place := range t.keys {
		if t.layout.schema.At(place).Optional {
			columns[i] = fmt.Sprintf("coalesce(%s, %d)", columns[i], missingKeyword)
		}
	}
	return columns
}

// gather returns the statement that makes cells of one width by adding up rows of a table.
func (t *tally) gather(width int64, at, members, from, where string, keys []string) string {
	columns := append(slices.Clone(keys), at)
	groups := make([]string, len(columns))
	for i := range groups {
		groups[i] = fmt.Sprint(i + 2)
	}
	return fmt.Sprintf(`INSERT INTO %s (%s) SELECT %d, %s, %s FROM %s WHERE %s GROUP BY %s`,
		t.table, t.list("width", "at", "members"), width, strings.Join(columns, ", "), members, from, where, strings.Join(groups, ", "))
}
