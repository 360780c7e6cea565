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

// spread cuts a plan in which one field may have several values into plans with
// one value each, where an index has the documents of each value in the order
// that is asked for: reading a little of each and merging beats sorting them all,
// and beats walking past the documents of other values.
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

// spreadable finds the comparison to spread: its field stands in an index behind
// fields held to one value and right before the one that is sorted by.
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

// equalities collects the fields that a filter holds to one value, and the
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

// replace gives a filter with one comparison in the place of another.
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

// merge sorts documents of several plans as one plan asks for.
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
