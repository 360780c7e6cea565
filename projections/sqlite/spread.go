package sqlite

import (
	"cmp"
	"slices"
	"strings"

	"accountledger/projections/view"
)

// maxSpread is how many values a comparison may have for a page to be read value
// by value.
const maxSpread = 16

// spread splits a plan in which one field may have several values into plans with
// one value each, if an index has the documents of each value in the requested
// order: reading a little of each and merging is faster than sorting them all,
// and than skipping the documents of other values.
func (a *asking) spread() []*view.Plan {
	if len(a.plan.Sort) == 0 || a.byWords {
		return []*view.Plan{a.plan}
	}
	leaf := a.spreadable()
	if leaf == nil {
		return []*view.Plan{a.plan}
	}
	var plans []*view.Plan
	for i, v := range leaf.Values {
		if slices.Contains(leaf.Values[:i], v) {
			continue
		}
		p := *a.plan
		p.Where = replace(a.plan.Where, leaf, &view.Node{Field: leaf.Field, Op: view.Eq, Values: []view.Value{v}})
		plans = append(plans, &p)
	}
	return plans
}

// spreadable finds the comparison to spread: in an index, its field comes after
// fields fixed to one value and right before the sort field.
func (a *asking) spreadable() *view.Node {
	fixed, several := map[int]bool{}, map[int]*view.Node{}
	equalities(a.plan.Where, fixed, several)
	for _, index := range a.schema.Indexes {
		for i, name := range index[:len(index)-1] {
			place := a.schema.Field(strings.TrimPrefix(name, "-"))
			if fixed[place] {
				continue
			}
			next := a.schema.Field(strings.TrimPrefix(index[i+1], "-"))
			if leaf := several[place]; leaf != nil && next == a.plan.Sort[0].Field && len(leaf.Values) <= maxSpread {
				return leaf
			}
			break
		}
	}
	return nil
}

// equalities collects the fields that a filter fixes to one value, and the
// comparisons with several.
func equalities(n *view.Node, one map[int]bool, several map[int]*view.Node) {
	switch {
	case n == nil:
	case n.Join == view.JoinAll:
		for _, child := range n.Children {
			equalities(child, one, several)
		}
	case n.Join == view.Leaf && n.Op == view.Eq:
		one[n.Field] = true
	case n.Join == view.Leaf && n.Op == view.In:
		several[n.Field] = n
	}
}

// replace returns a filter with one comparison replaced by another.
func replace(n, old, with *view.Node) *view.Node {
	if n == old {
		return with
	}
	if n.Join != view.JoinAll {
		return n
	}
	changed := *n
	changed.Children = make([]*view.Node, len(n.Children))
	for i, child := range n.Children {
		changed.Children[i] = replace(child, old, with)
	}
	return &changed
}

// merge sorts documents of several plans in the order of one plan.
func (a *asking) merge(docs []*view.Document) {
	slices.SortFunc(docs, func(x, y *view.Document) int {
		for _, key := range a.plan.Sort {
			v, w := a.sortValue(x, key.Field), a.sortValue(y, key.Field)
			c := v.Compare(w)
			if key.Desc && !v.Missing() && !w.Missing() {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return cmp.Compare(x.ID, y.ID)
	})
}

func (a *asking) sortValue(d *view.Document, place int) view.Value {
	if place == view.IDField {
		return view.KeywordValue(d.ID)
	}
	return d.Values[place]
}
