package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"accountledger/projections/view"
)

// group counts by the values of some fields: largest counts first, then by
// keys, missing ones last.
func (a *asking) group(ctx context.Context, result *view.Result) error {
	g := a.plan.Group
	t := a.groups(g)
	if tally := a.tally(g.By, view.NoField, g.Sum); tally != nil {
		t = tally.groups(g)
	}
	rows, err := a.from.QueryContext(ctx, t.String(), t.args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	cells := make([]any, len(g.By))
	var counted view.GroupCount
	into := make([]any, 0, len(cells)+3)
	for i := range cells {
		into = append(into, &cells[i])
	}
	into = append(into, &counted.Count, &counted.Sum, &result.GroupTotal)
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		counted.Keys = make([]view.Value, len(cells))
		for i, place := range g.By {
			key, ok := value(a.schema.At(place).Kind, cells[i])
			if !ok {
				return fmt.Errorf("%w: a row of %s", view.ErrCorrupt, a.id)
			}
			counted.Keys[i] = key
		}
		result.Groups = append(result.Groups, counted)
	}
	return rows.Err()
}

// groups returns the statement that counts.
func (a *asking) groups(g *view.GroupPlan) *sqlText {
	var keys, columns, order []string
	for i, place := range g.By {
		key := fmt.Sprintf("cells.k%d", i)
		keys = append(keys, key)
		order = append(order, key+" NULLS LAST")
		columns = append(columns, fmt.Sprintf("docs.%s AS k%d", a.layout.column(place), i))
	}
	by := strings.Join(keys, ", ")
	var t sqlText
	t.add(`SELECT ` + by + `, sum(cells.members) AS members, sum(cells.added), count(*) OVER ()
		FROM (SELECT ` + strings.Join(columns, ", ") + `, count(*) AS members, ` + a.layout.summed(g.Sum) + ` AS added`)
	a.layout.source(&t, a.plan, a.allByWords)
	t.add(` GROUP BY `+strings.Join(a.finer(g), ", ")+`) AS cells GROUP BY `+by+` ORDER BY members DESC, `+strings.Join(order, ", ")+` LIMIT ?`, g.Limit)
	return &t
}

// finer returns the columns to count by first: the first few of an index that include all requested ones, with those in
// between, so that documents come group by group and need not be sorted. There are few such groups, and they are
// combined afterwards. Of several indexes it takes the one with the fewest columns; without one, the requested columns.
func (a *asking) finer(g *view.GroupPlan) []string {
	var best []string
	for _, index := range a.schema.Indexes {
		if columns := a.leading(index, g.By); columns != nil && (best == nil || len(columns) < len(best)) {
			best = columns
		}
	}
	if best != nil {
		return best
	}
	for _, place := range g.By {
		best = append(best, "docs."+a.layout.column(place))
	}
	return best
}

// leading returns the first columns of an index up to the last requested one; nil if they do not include all of them, or include a
// time or a number, which make too many groups.
func (a *asking) leading(index view.Index, asked []int) (columns []string) {
	missing := len(asked)
	for _, name := range index {
		place := a.schema.Field(strings.TrimPrefix(name, "-"))
		if kind := a.schema.At(place).Kind; kind == view.Time || kind == view.Number {
			return nil
		}
		columns = append(columns, "docs."+a.layout.column(place))
		if slices.Contains(asked, place) {
			missing--
		}
		if missing == 0 {
			return columns
		}
	}
	return nil
}
