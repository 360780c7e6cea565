package view

import "fmt"

// root checks one whole filter. The program's scope has bounds of its own, so
// that it takes nothing away from what a caller may ask.
func (c *checker) root(pointer string, f *Filter) *Node {
	if f == nil {
		return nil
	}
	c.comparisons, c.values = 0, 0
	return c.filter(pointer, f, 1)
}

func (c *checker) filter(pointer string, f *Filter, depth int) *Node {
	if c.err != nil {
		return nil
	}
	if depth > MaxDepth {
		c.fail(pointer, "nests deeper than %d", MaxDepth)
		return nil
	}
	comparison := f.Field != "" || f.Op != "" || f.Value != nil || f.Values != nil
	forms := 0
	for _, given := range []bool{f.All != nil, f.Any != nil, f.Not != nil, comparison} {
		if given {
			forms++
		}
	}
	if forms != 1 {
		c.fail(pointer, "must be exactly one of all, any, not, or a comparison with field and op")
		return nil
	}
	switch {
	case f.All != nil:
		return c.join(pointer+"/all", JoinAll, f.All, depth)
	case f.Any != nil:
		return c.join(pointer+"/any", JoinAny, f.Any, depth)
	case f.Not != nil:
		return &Node{Join: JoinNot, Children: []*Node{c.filter(pointer+"/not", f.Not, depth+1)}}
	default:
		return c.compare(pointer, f)
	}
}

func (c *checker) join(pointer string, join Join, filters []Filter, depth int) *Node {
	if len(filters) == 0 {
		c.fail(pointer, "must hold at least one filter")
		return nil
	}
	n := &Node{Join: join}
	for i := range filters {
		n.Children = append(n.Children, c.filter(fmt.Sprintf("%s/%d", pointer, i), &filters[i], depth+1))
		if c.err != nil {
			return nil
		}
	}
	return n
}

func (c *checker) compare(pointer string, f *Filter) *Node {
	if c.comparisons++; c.comparisons > MaxComparisons {
		c.fail(pointer, "holds more than %d comparisons", MaxComparisons)
		return nil
	}
	anyKind := func(Kind) bool { return true }
	at, field := c.field(pointer+"/field", f.Field, anyKind, "")
	if c.err != nil {
		return nil
	}
	n := &Node{Field: at, Op: f.Op}
	switch f.Op {
	case Eq, In:
		if !field.Kind.sortable() {
			c.fail(pointer+"/op", "must be exists for a field of words")
		}
	case Lt, Lte, Gt, Gte:
		if !field.Kind.sortable() || field.Kind == Bool {
			c.fail(pointer+"/op", "must be one that this kind of field knows: bool fields know eq, in and exists, words fields exists")
		} else if field.Naming.Names() { // a range of ids can hold just one person
			c.fail(pointer+"/op", "must be eq, in or exists for a field that names people")
		}
	case Exists:
		if f.Value != nil || f.Values != nil {
			c.fail(pointer, "takes no value with exists")
		}
		return n
	default:
		c.fail(pointer+"/op", "must be eq, in, lt, lte, gt, gte or exists")
	}
	if c.err != nil {
		return nil
	}
	if f.Op == In {
		c.in(pointer, f, field, n)
	} else {
		c.one(pointer, f, field, n)
	}
	return n
}

func (c *checker) one(pointer string, f *Filter, field Field, n *Node) {
	if f.Value == nil || f.Values != nil {
		c.fail(pointer, "needs exactly a value with this op")
		return
	}
	c.value(pointer+"/value", *f.Value, field, n)
}

func (c *checker) in(pointer string, f *Filter, field Field, n *Node) {
	if len(f.Values) == 0 || f.Value != nil {
		c.fail(pointer, "needs values, at least one, with the op in")
		return
	}
	for i, literal := range f.Values {
		c.value(fmt.Sprintf("%s/values/%d", pointer, i), literal, field, n)
	}
}

func (c *checker) value(pointer string, literal Literal, field Field, n *Node) {
	if c.values++; c.values > MaxValues {
		c.fail(pointer, "is one of more than %d values", MaxValues)
		return
	}
	v, wrong := literal.resolve(field.Kind)
	if wrong != "" {
		c.fail(pointer, "%s", wrong)
		return
	}
	n.Values = append(n.Values, v)
}
