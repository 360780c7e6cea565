package sqlite

import (
	"slices"
	"strings"

	"accountledger/projections/view"
)

// tallying is a query that a tally answers exactly: its filter uses only the tally's keywords and bounds on its time.
type tallying struct {
	*tally
	plan *view.Plan
	// keys are the parts of the filter about keywords.
	keys []*view.Node
	// timed says that the filter limits the time to from ≤ t < until, in nanoseconds.
	timed       bool
	from, until int64
}

// tally finds the smallest tally that can count by these fields, or nil. field is a time or view.NoField.
func (a *asking) tally(by []int, field, sum int) *tallying {
	if len(a.plan.Words) > 0 || sum != view.NoField {
		return nil
	}
	var best *tallying
	for _, t := range a.layout.tallies {
		if field != view.NoField && t.time != field || slices.ContainsFunc(by, func(place int) bool { return !slices.Contains(t.keys, place) }) {
			continue
		}
		found := &tallying{tally: t, plan: a.plan, until: view.MaxTime}
		if found.takes(a.plan.Where) && (best == nil || t.fields() < best.fields()) {
			best = found
		}
	}
	return best
}

// takes reports whether the tally can answer for a filter, and parses it.
func (t *tallying) takes(n *view.Node) bool {
	switch {
	case n == nil:
		return true
	case n.Join == view.JoinAll:
		return !slices.ContainsFunc(n.Children, func(child *view.Node) bool { return !t.takes(child) })
	case n.Join == view.Leaf && n.Field == t.time:
		return t.limits(n)
	case t.counts(n):
		t.keys = append(t.keys, n)
		return true
	}
	return false
}

// counts reports whether a filter uses only the tally's keywords.
func (t *tallying) counts(n *view.Node) bool {
	if n.Join == view.Leaf {
		return slices.Contains(t.tally.keys, n.Field)
	}
	return !slices.ContainsFunc(n.Children, func(child *view.Node) bool { return !t.counts(child) })
}

// limits parses a comparison of the time.
func (t *tallying) limits(n *view.Node) bool {
	switch n.Op {
	case view.Exists:
	case view.Gte:
		t.from = max(t.from, n.Values[0].Int64())
	case view.Gt:
		t.from = max(t.from, n.Values[0].Int64()+1)
	case view.Lt:
		t.until = min(t.until, n.Values[0].Int64())
	case view.Lte:
		t.until = min(t.until, n.Values[0].Int64()+1)
	default:
		return false
	}
	t.timed = true
	return true
}

// combinations writes the existing combinations of keywords as if they were documents, so that filters on keywords
// apply; members is how many documents each has.
func (t *tallying) combinations(text *sqlText) {
	var columns strings.Builder
	for i, column := range t.columns("") {
		key := string(rune('a' + i))
		columns.WriteString(column + " AS key_" + key + ", nullif(" + column + ", 0) AS " + column + ", ")
	}
	text.add(`(SELECT ` + columns.String() + `members FROM ` + t.table + ` WHERE width = 0) AS docs`)
}

// cells writes FROM and WHERE of the cells of one width from first to before until, all in quarters of an
// hour: docs has their keywords.
func (t *tallying) cells(text *sqlText, width, first, until int64) {
	text.add(" FROM ")
	t.combinations(text)
	text.add(` CROSS JOIN `+t.table+` AS cells ON cells.width = ?`, width)
	for i, column := range t.columns("cells.") {
		text.add(` AND ` + column + ` = docs.key_` + string(rune('a'+i)))
	}
	text.add(` AND cells.at >= ? AND cells.at < ? WHERE cells.members > 0`, first, until)
	t.filter(text)
}

// filter writes the query's conditions on keywords.
func (t *tallying) filter(text *sqlText) {
	for _, n := range t.keys {
		text.add(" AND ")
		t.layout.node(text, n)
	}
}

// members writes a statement whose rows are some keywords and a number of documents, possibly many rows for the same keywords.
// A stretch of time is assembled from the widest cells inside it; what is left at its ends is counted from the documents.
func (t *tallying) members(text *sqlText, keys []string) {
	var columns string
	for _, key := range keys {
		columns += "docs." + key + " AS " + key + ", "
	}
	if !t.timed {
		text.add(`SELECT ` + columns + `docs.members AS members FROM `)
		t.combinations(text)
		text.add(` WHERE docs.members > 0`)
		t.filter(text)
		return
	}
	for i, p := range pieces(t.from, t.until, widths()) {
		if i > 0 {
			text.add(` UNION ALL `)
		}
		if p.width > 0 {
			text.add(`SELECT ` + columns + `cells.members AS members`)
			t.cells(text, p.width, p.from/quarter, p.until/quarter)
			continue
		}
		text.add(`SELECT ` + columns + `count(*) AS members`)
		t.documents(text, p.from, p.until)
		if len(keys) > 0 {
			text.add(` GROUP BY docs.` + strings.Join(keys, ", docs."))
		}
	}
}

// documents writes FROM and WHERE of the documents in a short stretch of time, in nanoseconds. SQLite does not know how
// short it is, so it is told which index to use.
func (t *tallying) documents(text *sqlText, from, until int64) {
	column := t.layout.column(t.time)
	text.add(` FROM docs`)
	for i, index := range t.layout.schema.Indexes {
		if strings.TrimPrefix(index[0], "-") == t.layout.schema.At(t.time).Name {
			text.add(` INDEXED BY ` + indexName(i))
			break
		}
	}
	text.add(` WHERE docs.deleted = 0 AND docs.`+column+` >= ? AND docs.`+column+` < ?`, from, until)
	t.filter(text)
}

// piece is a stretch of time in nanoseconds, without until, made of cells of one width; width 0 if no cells fit.
type piece struct{ width, from, until int64 }

// pieces splits a stretch of time into at least one piece.
func pieces(from, until int64, widths []int64) []piece {
	if len(widths) == 0 {
		return []piece{{0, from, max(from, until)}}
	}
	wide := widths[0] * quarter
	first, last := (from+wide-1)/wide*wide, until/wide*wide
	if from < 0 || first >= last {
		return pieces(from, until, widths[1:])
	}
	var all []piece
	if from < first {
		all = pieces(from, first, widths[1:])
	}
	all = append(all, piece{widths[0], first, last})
	if last < until {
		all = append(all, pieces(last, until, widths[1:])...)
	}
	return all
}

// groups returns the statement that counts by these fields, as asking.groups does.
func (t *tallying) groups(g *view.GroupPlan) *sqlText {
	var columns, keys, order []string
	for _, place := range g.By {
		column := t.layout.column(place)
		columns = append(columns, column)
		keys = append(keys, "cells."+column)
		order = append(order, "cells."+column+" NULLS LAST")
	}
	by := strings.Join(keys, ", ")
	var text sqlText
	text.add(`SELECT ` + by + `, sum(cells.members) AS members, 0, count(*) OVER () FROM (`)
	t.members(&text, columns)
	text.add(`) AS cells GROUP BY `+by+` ORDER BY members DESC, `+strings.Join(order, ", ")+` LIMIT ?`, g.Limit)
	return &text
}

// total returns the statement that counts all that match.
func (t *tallying) total() *sqlText {
	var text sqlText
	text.add(`SELECT coalesce(sum(cells.members), 0) FROM (`)
	t.members(&text, nil)
	text.add(`) AS cells`)
	return &text
}
