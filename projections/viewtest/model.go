package viewtest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"accountledger/projections/view"
)

// model answers queries the plain way: it looks at every document. It shares
// with the engines only the meaning of Value.Compare and view.Cut.
type model struct {
	schema view.Schema
	docs   map[string]*view.Document
}

func (m *model) write(docs ...*view.Document) {
	for _, d := range docs {
		if old := m.docs[d.ID]; old == nil || d.Position > old.Position {
			m.docs[d.ID] = d
		}
	}
}

func (m *model) value(d *view.Document, field string) view.Value {
	if field == "id" {
		return view.KeywordValue(d.ID)
	}
	for i, f := range m.schema.Fields {
		if f.Name == field && i < len(d.Values) {
			return d.Values[i]
		}
	}
	return view.Value{}
}

// matching returns all documents that a query matches, in its order.
func (m *model) matching(q *view.Query) []*view.Document {
	var all []*view.Document
	for _, d := range m.docs {
		if !d.Deleted && m.matches(d, q.Scope) && m.matches(d, q.Filter) && m.hasWords(d, q.Words) {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b *view.Document) int {
		for _, order := range q.Sort {
			v, w := m.value(a, order.Field), m.value(b, order.Field)
			c := v.Compare(w)
			if order.Desc && !v.Missing() && !w.Missing() {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return cmp.Compare(a.ID, b.ID)
	})
	return all
}

func (m *model) matches(d *view.Document, f *view.Filter) bool {
	if f == nil {
		return true
	}
	inner := func(f view.Filter) bool { return m.matches(d, &f) }
	switch {
	case f.All != nil:
		return !slices.ContainsFunc(f.All, func(f view.Filter) bool { return !inner(f) })
	case f.Any != nil:
		return slices.ContainsFunc(f.Any, inner)
	case f.Not != nil:
		return !inner(*f.Not)
	}
	v := m.value(d, f.Field)
	if v.Missing() || f.Op == view.Exists {
		return !v.Missing()
	}
	if f.Op == view.In {
		return slices.ContainsFunc(f.Values, func(l view.Literal) bool { return v == literal(v.Kind(), l) })
	}
	c := v.Compare(literal(v.Kind(), *f.Value))
	switch f.Op {
	case view.Eq:
		return c == 0
	case view.Lt:
		return c < 0
	case view.Lte:
		return c <= 0
	case view.Gt:
		return c > 0
	default:
		return c >= 0
	}
}

// literal decodes a literal from its JSON, which is all there is to it.
func literal(kind view.Kind, l view.Literal) view.Value {
	text, _ := l.MarshalJSON()
	switch kind {
	case view.Keyword:
		return view.KeywordValue(unquote(text))
	case view.Time:
		t, _ := time.Parse(time.RFC3339Nano, unquote(text))
		return view.TimeValue(t)
	case view.Bool:
		return view.BoolValue(string(text) == "true")
	default:
		return view.NumberValue(parseInt(string(text)))
	}
}

func (m *model) hasWords(d *view.Document, words string) bool {
	if words == "" {
		return true
	}
	var text []string
	for i, f := range m.schema.Fields {
		if f.Kind == view.Words && i < len(d.Values) {
			text = append(text, d.Values[i].Text())
		}
	}
	have := view.Cut(strings.Join(text, " \n "))
	pieces := strings.Fields(words)
	for i, piece := range pieces {
		sought := view.Cut(piece)
		for k, word := range sought {
			prefix := i == len(pieces)-1 && k == len(sought)-1 && strings.HasSuffix(piece, "*")
			if !slices.ContainsFunc(have, func(h string) bool {
				return h == word || prefix && strings.HasPrefix(h, word)
			}) {
				return false
			}
		}
	}
	return true
}

func (m *model) groups(docs []*view.Document, g *view.Group) []view.GroupCount {
	var all []view.GroupCount
	for _, d := range docs {
		keys := make([]view.Value, len(g.By))
		for i, name := range g.By {
			keys[i] = m.value(d, name)
		}
		i := slices.IndexFunc(all, func(c view.GroupCount) bool { return slices.Equal(c.Keys, keys) })
		if i < 0 {
			i = len(all)
			all = append(all, view.GroupCount{Keys: keys})
		}
		all[i].Count++
		all[i].Sum += m.value(d, g.Sum).Int64()
	}
	slices.SortFunc(all, func(a, b view.GroupCount) int {
		if a.Count != b.Count {
			return cmp.Compare(b.Count, a.Count)
		}
		return slices.CompareFunc(a.Keys, b.Keys, view.Value.Compare)
	})
	return all
}

func (m *model) buckets(docs []*view.Document, h *view.Histogram) []view.Bucket {
	zone, err := time.LoadLocation(h.Zone)
	if err != nil {
		panic(err)
	}
	counted, known := map[int64]*view.Bucket{}, map[time.Time]time.Time{}
	for _, d := range docs {
		v := m.value(d, h.Field)
		if v.Missing() {
			continue
		}
		start := bucketStart(v.Time().In(zone), h.Interval, known)
		b := counted[start.UnixNano()]
		if b == nil {
			b = &view.Bucket{Start: start.UnixNano(), Label: start.Format(time.RFC3339)}
			counted[b.Start] = b
		}
		b.Count++
		b.Sum += m.value(d, h.Sum).Int64()
	}
	all := make([]view.Bucket, 0, len(counted))
	for _, b := range counted {
		all = append(all, *b)
	}
	slices.SortFunc(all, func(a, b view.Bucket) int { return cmp.Compare(a.Start, b.Start) })
	return all
}
