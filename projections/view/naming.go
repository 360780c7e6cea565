package view

import "strconv"

// Naming says whether the values of a keyword tell people apart: what a query that compares such a field with a value asks about is a
// person.
type Naming uint8

// How a keyword can name people. The zero Naming is that of a keyword that holds no ids.
const (
	// NamesPerson: a value is a person's id, alone or followed by a slash and more.
	NamesPerson Naming = iota + 1
	// NamesThing: a value is the id of something that belongs to one person at most, such as a device or an event.
	NamesThing
	// NamesNobody: a value is the id of something that is no single person's, such as a service or a notice.
	NamesNobody
)

// Names says whether somebody is named.
func (n Naming) Names() bool { return n == NamesPerson || n == NamesThing }

// OfPerson declares a keyword that holds people's ids.
func OfPerson(f *Field) { f.Naming = NamesPerson }

// OfThing declares a keyword that holds ids of things that belong to one person at most. Whose they are is what documents hold in the
// view's Person.
func OfThing(f *Field) { f.Naming = NamesThing }

// OfNobody declares a keyword that holds ids of what is no single person's.
func OfNobody(f *Field) { f.Naming = NamesNobody }

// Mention is one value in a filter by which it names somebody.
type Mention struct {
	// Pointer is the place of the value within the query, as in InvalidError.
	Pointer string
	Field   string
	Naming  Naming
	// Value is what the filter compares with, as it was written.
	Value string
}

// Mentions lists how a filter names people, in the order of its text: each value that eq or in compares a naming field with, wherever
// it stands in the tree. That does not depend on what it is joined with: under any and not too, the answer tells
// something of everybody who is mentioned, and a filter that mentions nobody gives the same answer, but for the ids in it, whatever ids people have.
// The filter has passed Check, so no naming field is compared by order.
func (s *Schema) Mentions(f *Filter) []Mention {
	if f == nil {
		return nil
	}
	return s.mentions("/filter", f, nil)
}

func (s *Schema) mentions(pointer string, f *Filter, to []Mention) []Mention {
	for i := range f.All {
		to = s.mentions(pointer+"/all/"+strconv.Itoa(i), &f.All[i], to)
	}
	for i := range f.Any {
		to = s.mentions(pointer+"/any/"+strconv.Itoa(i), &f.Any[i], to)
	}
	if f.Not != nil {
		to = s.mentions(pointer+"/not", f.Not, to)
	}
	at := s.Field(f.Field)
	if at == NoField || !s.At(at).Naming.Names() {
		return to
	}
	m := Mention{Field: f.Field, Naming: s.At(at).Naming}
	if f.Value != nil {
		m.Pointer, m.Value = pointer+"/value", f.Value.text
		to = append(to, m)
	}
	for i := range f.Values {
		m.Pointer, m.Value = pointer+"/values/"+strconv.Itoa(i), f.Values[i].text
		to = append(to, m)
	}
	return to
}
