package viewtest

import (
	"pgregory.net/rapid"

	"accountledger/projections/view"
)

func drawQuery(r *rapid.T) *view.Query {
	q := &view.Query{Total: true, Limit: rapid.SampledFrom([]int{1, 3, 7, 7, 100, 100}).Draw(r, "limit")}
	switch rapid.IntRange(0, 6).Draw(r, "filtered") {
	case 5, 6:
		return drawCount(r)
	case 0, 1:
		q.Filter = drawFilter(r, 3)
	case 2:
		// What an index can serve value by value.
		q.Filter = view.All(&view.Filter{Field: "colour", Op: view.In, Values: []view.Literal{
			drawLiteral(r, "colour"), drawLiteral(r, "colour"), drawLiteral(r, "colour"),
		}})
	}
	if rapid.IntRange(0, 3).Draw(r, "scoped") == 0 {
		q.Scope = drawFilter(r, 1)
	}
	if rapid.IntRange(0, 2).Draw(r, "worded") == 0 {
		q.Words = rapid.SampledFrom([]string{"fox", "fo*", "FOX fox*", "strasse", "京", "東 京", "e", "e*", "v1 2", "none"}).Draw(r, "sought")
	}
	fields := rapid.Permutation([]string{"id", "colour", "nick", "at", "ended", "size", "rank", "flag"}).Draw(r, "fields")
	if rapid.IntRange(0, 2).Draw(r, "by time") == 0 {
		q.Sort = []view.Order{{Field: "at", Desc: rapid.Bool().Draw(r, "newest")}}
	}
	for _, field := range fields[:rapid.IntRange(0, 3).Draw(r, "sorts")] {
		if len(q.Sort) > 0 && q.Sort[0].Field == field {
			continue
		}
		q.Sort = append(q.Sort, view.Order{Field: field, Desc: rapid.Bool().Draw(r, "desc")})
	}
	if rapid.IntRange(0, 2).Draw(r, "grouped") == 0 {
		by := rapid.Permutation([]string{"id", "colour", "nick", "size", "rank", "flag"}).Draw(r, "by")
		q.Group = &view.Group{
			By:    by[:rapid.IntRange(1, 3).Draw(r, "keys")],
			Sum:   rapid.SampledFrom([]string{"", "size", "rank"}).Draw(r, "sum"),
			Limit: rapid.SampledFrom([]int{0, 1, 3}).Draw(r, "groups"),
		}
	}
	if rapid.IntRange(0, 2).Draw(r, "timed") == 0 {
		q.Histogram = &view.Histogram{
			Field:    rapid.SampledFrom([]string{"at", "ended"}).Draw(r, "time"),
			Interval: rapid.SampledFrom([]view.Interval{view.Hour, view.Day, view.Week, view.Month}).Draw(r, "interval"),
			Zone:     rapid.SampledFrom(zones()).Draw(r, "zone"),
			Sum:      rapid.SampledFrom([]string{"", "size", "rank"}).Draw(r, "sum"),
		}
	}
	return q
}

// drawCount draws what a tally can answer: counts by few keywords and by time, of some keywords, within some time.
func drawCount(r *rapid.T) *view.Query {
	q := &view.Query{Total: true, Limit: rapid.SampledFrom([]int{0, 7}).Draw(r, "limit")}
	by := rapid.Permutation([]string{"colour", "nick"}).Draw(r, "by")
	q.Group = &view.Group{By: by[:rapid.IntRange(1, 2).Draw(r, "keys")], Limit: rapid.SampledFrom([]int{0, 2}).Draw(r, "groups")}
	field := rapid.SampledFrom([]string{"at", "ended"}).Draw(r, "time")
	q.Histogram = &view.Histogram{
		Field:    field,
		Interval: rapid.SampledFrom([]view.Interval{view.Hour, view.Day, view.Week, view.Month}).Draw(r, "interval"),
		Zone:     rapid.SampledFrom(zones()).Draw(r, "zone"),
	}
	var parts []*view.Filter
	if rapid.Bool().Draw(r, "keyed") {
		parts = append(parts, &view.Filter{Field: by[0], Op: view.In, Values: []view.Literal{drawLiteral(r, by[0]), drawLiteral(r, by[0])}})
	}
	if rapid.IntRange(0, 3).Draw(r, "denied") == 0 {
		parts = append(parts, &view.Filter{Not: view.Compare(by[0], view.Eq, drawLiteral(r, by[0]))})
	}
	if rapid.Bool().Draw(r, "begins") {
		parts = append(parts, view.Compare(field, rapid.SampledFrom([]view.Op{view.Gt, view.Gte}).Draw(r, "op"), drawLiteral(r, field)))
	}
	if rapid.Bool().Draw(r, "ends") {
		parts = append(parts, view.Compare(field, rapid.SampledFrom([]view.Op{view.Lt, view.Lte}).Draw(r, "op"), drawLiteral(r, field)))
	}
	q.Filter = view.All(parts...)
	return q
}

func drawFilter(r *rapid.T, depth int) *view.Filter {
	join := 3
	if depth > 0 {
		join = rapid.IntRange(0, 6).Draw(r, "join")
	}
	several := func() []view.Filter {
		var all []view.Filter
		for range rapid.IntRange(1, 3).Draw(r, "children") {
			all = append(all, *drawFilter(r, depth-1))
		}
		return all
	}
	switch join {
	case 0:
		return &view.Filter{All: several()}
	case 1:
		return &view.Filter{Any: several()}
	case 2:
		return &view.Filter{Not: drawFilter(r, depth-1)}
	}
	field := rapid.SampledFrom([]string{"id", "colour", "nick", "at", "ended", "size", "rank", "flag", "title"}).Draw(r, "field")
	ops := []view.Op{view.Eq, view.In, view.Lt, view.Lte, view.Gt, view.Gte, view.Exists}
	switch field {
	case "flag":
		ops = []view.Op{view.Eq, view.In, view.Exists}
	case "title":
		ops = []view.Op{view.Exists}
	}
	f := &view.Filter{Field: field, Op: rapid.SampledFrom(ops).Draw(r, "op")}
	switch f.Op {
	case view.Exists:
	case view.In:
		for range rapid.IntRange(1, 3).Draw(r, "values") {
			f.Values = append(f.Values, drawLiteral(r, field))
		}
	default:
		l := drawLiteral(r, field)
		f.Value = &l
	}
	return f
}

func drawLiteral(r *rapid.T, field string) view.Literal {
	switch field {
	case "at", "ended":
		return view.Moment(drawTime(r))
	case "size", "rank":
		return view.Whole(drawNumber(r))
	case "flag":
		return view.Truth(rapid.Bool().Draw(r, "truth"))
	default:
		return view.Text(drawKeyword(r))
	}
}
