package elastic

import (
	"math"

	"accountledger/projections/view"
)

// sorting returns the order of a plan and, after a cursor, the values to continue
// after, one for each.
//
// Elasticsearch sorts a missing number as if it were the greatest possible, or
// the least in descending order. No time and no truth value is either; for
// a number that can be, its mark comes next and puts the missing ones last.
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
			break // nothing is left to distinguish
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

// after returns a sort value of a cursor, a missing one as Elasticsearch sorts it.
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
