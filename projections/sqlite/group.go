package sqlite

import (
	"context"
	"fmt"
	"strings"

	"accountledger/projections/view"
)

// group counts by the values of some fields: the largest counts first, then by
// keys with missing ones last.
func (a *asking) group(ctx context.Context, result *view.Result) error {
	g := a.plan.Group
	var columns, order []string
	for _, place := range g.By {
		column := "docs." + a.layout.column(place)
		columns = append(columns, column)
		order = append(order, column+" NULLS LAST")
	}
	by := strings.Join(columns, ", ")
	var t sqlText
	t.add(`SELECT ` + by + `, count(*) AS members, ` + a.layout.summed(g.Sum) + `, count(*) OVER ()`)
	a.layout.source(&t, a.plan, a.allByWords)
	t.add(` GROUP BY `+by+` ORDER BY members DESC, `+strings.Join(order, ", ")+` LIMIT ?`, g.Limit)
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
