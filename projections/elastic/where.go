package elastic

import "accountledger/projections/view"

// argument returns a value as encoded in a request.
func argument(v view.Value) any {
	switch v.Kind() {
	case view.Keyword, view.Words:
		return v.Text()
	default:
		return v.Int64() // a truth value is stored as 0 or 1
	}
}

// matching returns the query for all documents that a plan matches.
func (l *layout) matching(p *view.Plan) object {
	filter := []object{}
	if p.Where != nil {
		filter = append(filter, l.node(p.Where))
	}
	for _, w := range p.Words {
		how := "term"
		if w.Prefix {
			how = "prefix"
		}
		filter = append(filter, object{how: object{fieldWords: object{"value": w.Text}}})
	}
	return object{"bool": object{"filter": filter, "must_not": []object{{"term": object{fieldDeleted: true}}}}}
}

// node returns a filter. It only matches or not: nothing is scored.
func (l *layout) node(n *view.Node) object {
	switch n.Join {
	case view.JoinAll:
		return object{"bool": object{"filter": l.nodes(n.Children)}}
	case view.JoinAny:
		return object{"bool": object{"should": l.nodes(n.Children), "minimum_should_match": 1}}
	case view.JoinNot:
		return object{"bool": object{"must_not": l.nodes(n.Children)}}
	default:
		return l.compare(n)
	}
}

func (l *layout) nodes(all []*view.Node) []object {
	out := make([]object, len(all))
	for i, n := range all {
		out[i] = l.node(n)
	}
	return out
}

func (l *layout) compare(n *view.Node) object {
	name := l.name(n.Field)
	switch n.Op {
	case view.Exists:
		if n.Field != view.IDField && l.schema.Fields[n.Field].Kind == view.Words {
			return object{"term": object{fieldHas: object{"value": name}}}
		}
		return object{"exists": object{"field": name}}
	case view.Eq:
		return object{"term": object{name: object{"value": argument(n.Values[0])}}}
	case view.In:
		values := make([]any, len(n.Values))
		for i, v := range n.Values {
			values[i] = argument(v)
		}
		return object{"terms": object{name: values}}
	default:
		// The names of the other comparisons are those of Elasticsearch.
		return object{"range": object{name: object{string(n.Op): argument(n.Values[0])}}}
	}
}
