package elastic

import (
	"math"

	"accountledger/projections/view"
)

// sorting gives the order of a plan and, behind a cursor, the values to go on
// after, one for each.
//
// Elasticsearch sorts a missing number as if it were the greatest there is, or
// the least when it sorts downwards. No time and no truth value is either; where
// a number can be, its mark comes next and puts the missing ones behind.
func (l *layout) sorting(p *view.Plan) (order []object, after []any) {
	add := func(field string, desc bool, value any) {
		direction := "asc"
		if desc {
			direction = "desc"
		}
		order = append(order, object{field: object{"order": direction, "missing": "_last"}})
		after = append(after, value)
	}
	byID := false
	for i, key := range p.Sort {
		var at view.Value
		if p.After != nil {
			at = p.After.Values[i]
		}
		field := l.schema.At(key.Field)
		add(l.name(key.Field), key.Desc, l.after(field.Kind, at, key.Desc))
		if edged(&field) {
			var mark any = int64(math.MaxInt64)
			if n := at.Int64(); !at.Missing() && (n == math.MaxInt64 || n == math.MinInt64) {
				mark = int64(1)
			}
			add(field.Name+suffixEdge, false, mark)
		}
		if byID = key.Field == view.IDField; byID {
			break // nothing is left to be told apart
		}
	}
	if !byID {
		var id any
		if p.After != nil {
			id = p.After.ID
		}
		add(fieldID, false, id)
	}
	if p.After == nil {
		return order, nil
	}
	return order, after
}

// after gives a sort value of a cursor, a missing one as Elasticsearch sorts it.
func (l *layout) after(kind view.Kind, v view.Value, desc bool) any {
	switch {
	case !v.Missing():
		return argument(v)
	case kind == view.Keyword:
		return nil
	case desc:
		return int64(math.MinInt64)
	default:
		return int64(math.MaxInt64)
	}
}
