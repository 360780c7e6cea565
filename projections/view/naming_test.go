package view_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"accountledger/projections/view"
)

// devices is a view whose documents are things of people: their id is a device's, and one field names somebody who may be another person.
func devices() *view.Schema {
	var f view.Fields
	f.Keyword("account", view.OfPerson)
	f.Keyword("by", view.Optional, view.OfPerson)
	f.Keyword("kind")
	f.Keyword("service", view.Optional, view.OfNobody)
	f.Number("size")
	return &view.Schema{Name: "devices", Version: 1, ID: view.NamesThing, Person: "account", Fields: f}
}

// owned is a document of the world in which person n is who who(n) says.
func owned(who func(int) string, n, size int) *view.Document {
	d := &view.Document{ID: "device-of-" + who(n), Position: 1, Values: make([]view.Value, 5)}
	d.Values[0] = view.KeywordValue(who(n))
	if size%2 == 0 {
		d.Values[1] = view.KeywordValue(who(n))
	}
	d.Values[2] = view.KeywordValue([]string{"phone", "watch"}[size%2])
	d.Values[3] = view.KeywordValue("service-0")
	d.Values[4] = view.NumberValue(int64(size))
	return d
}

const people = 5 // of which filters know all but the last

// drawNaming draws a filter of the view above, of any form that Check accepts.
func drawNaming(r *rapid.T, depth int) view.Filter {
	forms := 7
	if depth == 0 {
		forms = 4
	}
	person := func() string { return fmt.Sprintf("p%d", rapid.IntRange(0, people-2).Draw(r, "person")) }
	some := func(prefix string) (out []view.Literal) {
		for range rapid.IntRange(1, 3).Draw(r, "values") {
			out = append(out, view.Text(prefix+person()))
		}
		return out
	}
	switch form := rapid.IntRange(0, forms).Draw(r, "form"); form {
	case 0:
		return *view.Compare(rapid.SampledFrom([]string{"account", "by"}).Draw(r, "field"), view.Eq, view.Text(person()))
	case 1:
		return view.Filter{Field: "id", Op: view.In, Values: some("device-of-")}
	case 2:
		return view.Filter{Field: rapid.SampledFrom([]string{"by", "account", "id", "service"}).Draw(r, "field"), Op: view.Exists}
	case 3:
		kind := rapid.SampledFrom([]string{"phone", "watch"}).Draw(r, "kind")
		return *view.Compare("kind", rapid.SampledFrom([]view.Op{view.Eq, view.Gte}).Draw(r, "op"), view.Text(kind))
	case 4:
		return *view.Compare("size", rapid.SampledFrom([]view.Op{view.Eq, view.Lt, view.Gte}).Draw(r, "op"), view.Whole(int64(rapid.IntRange(0, 4).Draw(r, "size"))))
	case 5:
		inner := drawNaming(r, depth-1)
		return view.Filter{Not: &inner}
	default:
		f := []view.Filter{drawNaming(r, depth-1), drawNaming(r, depth-1)}
		if form == 6 {
			return view.Filter{All: f}
		}
		return view.Filter{Any: f}
	}
}

// holds evaluates a filter the plain way.
func holds(s *view.Schema, d *view.Document, f view.Filter) bool {
	in := func(f view.Filter) bool { return holds(s, d, f) }
	switch {
	case f.All != nil:
		return !slices.ContainsFunc(f.All, func(f view.Filter) bool { return !in(f) })
	case f.Any != nil:
		return slices.ContainsFunc(f.Any, in)
	case f.Not != nil:
		return !in(*f.Not)
	}
	v := view.KeywordValue(d.ID)
	if at := s.Field(f.Field); at >= 0 {
		v = d.Values[at]
	}
	if v.Missing() || f.Op == view.Exists {
		return !v.Missing()
	}
	literal := func(l view.Literal) view.Value {
		b, _ := l.MarshalJSON()
		if v.Kind() == view.Number {
			var n int64
			_, _ = fmt.Sscan(string(b), &n)
			return view.NumberValue(n)
		}
		return view.KeywordValue(strings.Trim(string(b), `"`))
	}
	if f.Op == view.In {
		return slices.ContainsFunc(f.Values, func(l view.Literal) bool { return v == literal(l) })
	}
	c := v.Compare(literal(*f.Value))
	return f.Op == view.Eq && c == 0 || f.Op == view.Lt && c < 0 || f.Op == view.Gte && c >= 0
}

// TestWhomAFilterNames draws filters and evaluates them over everybody's documents, then says which of two things is true of each person:
// the filter mentions them, or it could not tell them from anybody else whom it does not mention. So where only some people's documents can match, all of
// them are mentioned; a filter that mentions nobody would match the same if everybody were somebody else.
func TestWhomAFilterNames(t *testing.T) {
	t.Parallel()
	s := devices()
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		f := drawNaming(r, 3)
		if err := view.Check(s, &view.Query{Filter: &f}); err != nil {
			t.Fatal(err)
		}
		named := map[string]bool{}
		for _, m := range s.Mentions(&f) {
			if m.Pointer == "" || !m.Naming.Names() {
				r.Fatal("a mention without place or naming")
			}
			named[strings.TrimPrefix(m.Value, "device-of-")] = true
		}
		as := func(n int) string { return fmt.Sprintf("p%d", n) }
		stranger := fmt.Sprintf("p%d", people-1) // whom no filter knows
		pinned := true                           // no stranger's document can match
		for size := range 5 {
			pinned = pinned && !holds(s, owned(func(int) string { return stranger }, 0, size), f)
		}
		for n := range people {
			for size := range 5 {
				d := owned(as, n, size)
				switch matches := holds(s, d, f); {
				case pinned && matches && !named[as(n)]:
					r.Fatalf("only documents of some people match, and %s is not mentioned", as(n))
				case !named[as(n)] && matches != holds(s, owned(func(int) string { return stranger }, n, size), f):
					r.Fatalf("it tells %s from others, and does not mention them", as(n))
				}
			}
		}
	})
}

// TestNamingIsComparedByEquality: by eq, in and exists alone: an order of ids could pin somebody without a mention.
func TestNamingIsComparedByEquality(t *testing.T) {
	t.Parallel()
	s := devices()
	for _, field := range []string{"id", "account", "by"} {
		for _, op := range []view.Op{view.Lt, view.Lte, view.Gt, view.Gte} {
			f := view.All(&view.Filter{Not: view.Compare(field, op, view.Text("p1"))})
			var invalid *view.InvalidError
			if err := view.Check(s, &view.Query{Filter: f}); !errors.As(err, &invalid) || invalid.Pointer != "/filter/all/0/not/op" {
				t.Errorf("%s %s: %v", field, op, err)
			}
		}
	}
	if err := view.Check(s, &view.Query{Filter: view.Compare("service", view.Gte, view.Text("s"))}); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*view.Schema){
		"things of nobody":       func(s *view.Schema) { s.Person = "" },
		"a person who is a kind": func(s *view.Schema) { s.Person = "kind" },
		"a number that names":    func(s *view.Schema) { s.Fields[4].Naming = view.NamesPerson },
	} {
		s := devices()
		if change(s); s.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
