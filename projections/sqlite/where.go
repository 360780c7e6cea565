package sqlite

import (
	"strings"

	"accountledger/projections/view"
)

// sqlText is a piece of a statement with its parameters.
type sqlText struct {
	strings.Builder
	args []any
}

func (t *sqlText) add(text string, args ...any) {
	_, _ = t.WriteString(text)
	t.args = append(t.args, args...)
}

// node writes a filter as a condition that is true exactly for the documents it
// matches. In SQL a comparison with a missing value is neither true nor false,
// so "not" is written as "is not true".
func (l *layout) node(t *sqlText, n *view.Node) {
	switch n.Join {
	case view.JoinAll:
		l.join(t, n.Children, " AND ")
	case view.JoinAny:
		l.join(t, n.Children, " OR ")
	case view.JoinNot:
		t.add("(")
		l.node(t, n.Children[0])
		t.add(") IS NOT TRUE")
	default:
		l.compare(t, n)
	}
}

func (l *layout) join(t *sqlText, nodes []*view.Node, word string) {
	t.add("(")
	for i, n := range nodes {
		if i > 0 {
			t.add(word)
		}
		l.node(t, n)
	}
	t.add(")")
}

func (l *layout) compare(t *sqlText, n *view.Node) {
	t.add("docs." + l.column(n.Field))
	switch n.Op {
	case view.Exists:
		t.add(" IS NOT NULL")
		return
	case view.In:
		args := make([]any, len(n.Values))
		for i, v := range n.Values {
			args[i] = argument(v)
		}
		t.add(" IN "+marks(len(args)), args...)
		return
	case view.Eq:
		t.add(" = ?")
	case view.Lt:
		t.add(" < ?")
	case view.Lte:
		t.add(" <= ?")
	case view.Gt:
		t.add(" > ?")
	case view.Gte:
		t.add(" >= ?")
	}
	t.args = append(t.args, argument(n.Values[0]))
}

// source writes FROM and WHERE of all that matches a plan. Words are looked up
// in the full-text index if they are rare (byWords), and otherwise in the
// rows that the rest of the statement visits.
func (l *layout) source(t *sqlText, p *view.Plan, byWords bool) {
	switch {
	case byWords:
		// CROSS JOIN keeps SQLite from swapping the two.
		t.add(" FROM postings CROSS JOIN docs ON docs.n = postings.rowid WHERE postings MATCH ? AND docs.deleted = 0", match(p.Words))
	default:
		t.add(" FROM docs WHERE docs.deleted = 0")
		for _, w := range p.Words {
			sought := " " + w.Text
			if !w.Prefix {
				sought += " "
			}
			t.add(" AND instr(docs.words, ?) > 0", sought)
		}
	}
	if p.Where != nil {
		t.add(" AND ")
		l.node(t, p.Where)
	}
}
