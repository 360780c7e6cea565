package sqlite

import (
	"strings"

	"accountledger/projections/view"
)

// segment is a part of a sorted result in one range of an index. A page
// is read segment by segment, in order, until it is full: so a page
// deep in the result costs no more than the first one, and missing values come last.
type segment struct {
	where string
	args  []any
	order string
	by    *view.Key // the first key of order, nil if that is the id
}

// segments splits the result of a sort into such parts: all of it, or what comes
// after a cursor.
func (l *layout) segments(keys []view.Key, after *view.Cursor) []segment {
	if after == nil {
		return l.whole(keys)
	}
	// Equal in all keys and greater by id, then equal in all but the last key and
	// greater by that, and so on.
	all := []segment{l.segment(keys, len(keys), after, "docs.id > ?", after.ID)}
	for i := len(keys) - 1; i >= 0; i-- {
		v := after.Values[i]
		if v.Missing() {
			continue
		}
		op := " > ?"
		if keys[i].Desc {
			op = " < ?"
		}
		column := "docs." + l.column(keys[i].Field)
		s := l.segment(keys, i, after, column+op, argument(v))
		all = append(all, s)
		if l.schema.At(keys[i].Field).Optional {
			missing := l.segment(keys, i, after, column+" IS NULL")
			missing.order, missing.by = l.orderBy(keys[i+1:], false), first(keys[i+1:])
			all = append(all, missing)
		}
	}
	return all
}

// whole returns the segments of a whole sort; only its first key is split, so
// that an index is read in its own order.
func (l *layout) whole(keys []view.Key) []segment {
	if len(keys) == 0 || !l.schema.At(keys[0].Field).Optional {
		return []segment{{order: l.orderBy(keys, true), by: first(keys)}}
	}
	column := "docs." + l.column(keys[0].Field)
	return []segment{
		{where: " AND " + column + " IS NOT NULL", order: l.orderBy(keys, true), by: first(keys)},
		{where: " AND " + column + " IS NULL", order: l.orderBy(keys[1:], false), by: first(keys[1:])},
	}
}

func first(keys []view.Key) *view.Key {
	if len(keys) == 0 {
		return nil
	}
	return &keys[0]
}

// along makes a sort by time start along an index. If no filter leads to one, SQLite, which does not know how
// few documents a page has, would rather sort all of them. No time is negative.
func (l *layout) along(p *view.Plan, parts []segment) []segment {
	if p.After == nil && len(p.Sort) > 0 && l.schema.At(p.Sort[0].Field).Kind == view.Time {
		parts[0].where += " AND docs." + l.column(p.Sort[0].Field) + " >= 0"
	}
	return parts
}

// segment returns the documents that equal the cursor in the first n keys and meet a condition.
func (l *layout) segment(keys []view.Key, n int, after *view.Cursor, condition string, args ...any) segment {
	var where strings.Builder
	s := segment{order: l.orderBy(keys[n:], true), by: first(keys[n:])}
	for i, key := range keys[:n] {
		where.WriteString(" AND docs." + l.column(key.Field))
		if after.Values[i].Missing() {
			where.WriteString(" IS NULL")
			continue
		}
		where.WriteString(" = ?")
		s.args = append(s.args, argument(after.Values[i]))
	}
	where.WriteString(" AND " + condition)
	s.where = where.String()
	s.args = append(s.args, args...)
	return s
}

// orderBy sorts by keys, missing values last, and by id. In descending order SQLite
// puts missing values last by itself; in ascending order it must be told, except for a
// first key that is known to be present, so that an index can be read in order.
func (l *layout) orderBy(keys []view.Key, firstThere bool) string {
	var terms []string
	for i, key := range keys {
		term := "docs." + l.column(key.Field)
		switch {
		case key.Desc:
			term += " DESC"
		case l.schema.At(key.Field).Optional && (i > 0 || !firstThere):
			term += " NULLS LAST"
		}
		terms = append(terms, term)
	}
	return strings.Join(append(terms, "docs.id"), ", ")
}
