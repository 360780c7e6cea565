package view

// Plan is a query that has been checked, with its fields found and its literals
// read. Engines translate it; it is never changed.
type Plan struct {
	// Where joins scope and filter, nil when everything matches.
	Where *Node
	Words []Word
	// Sort is what was asked for; the id, upwards, breaks ties.
	Sort []Key
	// Limit is how many documents to give, possibly none.
	Limit     int
	After     *Cursor
	Total     bool
	Group     *GroupPlan
	Histogram *HistogramPlan
}

// Node is one node of a filter.
type Node struct {
	// Join says how Children are joined; Leaf marks a comparison.
	Join     Join
	Children []*Node

	// Field, Op and Values are those of a comparison. Field is a place as
	// Schema.Field gives it. Values has the field's kind: none for Exists, any
	// number for In, else one.
	Field  int
	Op     Op
	Values []Value
}

// Join says what a node is.
type Join uint8

// The kinds of a node. JoinNot has one child.
const (
	Leaf Join = iota
	JoinAll
	JoinAny
	JoinNot
)

// Word is one word that must occur, or with Prefix the beginning of one.
type Word struct {
	Text   string
	Prefix bool
}

// Key is one field of a sort.
type Key struct {
	Field int
	Desc  bool
}

// GroupPlan is a checked Group. Sum is NoField when nothing is added up.
type GroupPlan struct {
	By    []int
	Sum   int
	Limit int
}

// HistogramPlan is a checked Histogram. Sum is NoField when nothing is added up.
type HistogramPlan struct {
	Field int
	Clock *Clock
	Sum   int
}

// Next gives the cursor of a page that ends with this document.
func (p *Plan) Next(last *Document) *Cursor {
	c := &Cursor{ID: last.ID, Values: make([]Value, len(p.Sort))}
	for i, key := range p.Sort {
		if key.Field == IDField {
			c.Values[i] = KeywordValue(last.ID)
		} else {
			c.Values[i] = last.value(key.Field)
		}
	}
	return c
}
