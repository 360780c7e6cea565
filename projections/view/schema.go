package view

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of a declaration and of what a document may hold, the same on all engines.
const (
	MaxFields = 64
	// MaxName bounds a view's and a field's name, in bytes.
	MaxName = 48
	// MaxID bounds a document's id, in bytes.
	MaxID = 512
	// MaxKeyword bounds a keyword, in bytes.
	MaxKeyword = 1024
	// MaxText bounds the text of a words field, in bytes.
	MaxText = 32 << 10
	// MaxSealed bounds the bytes of a sealed field.
	MaxSealed = 64 << 10
	// MaxTime is the end of the times a view can hold, 2262-01-01 UTC, in
	// nanoseconds; the beginning is 1970. Every engine can hold these.
	MaxTime int64 = 9214646400000000000
)

// Index names fields, in order, by which documents are often found: first those
// a query compares for equality, then the one it sorts or limits by, with a
// leading "-" when it sorts downwards, then any that are counted by, so that
// counting need not read whole documents. The id follows by itself. An engine
// that indexes everything anyway may ignore it.
type Index []string

// Schema is what an engine needs to know of a view.
type Schema struct {
	// Name matches ^[a-z][a-z0-9_]*$.
	Name string
	// Version counts up from 1 whenever the documents would come out otherwise.
	Version int
	Fields  Fields
	// ID says whether the ids of documents name people.
	ID Naming
	// Person is the field that holds whose a document is, or "id": needed where anything names a thing.
	Person  string
	Indexes []Index
	Tallies []Tally
}

// Field gives the place of a named field: an index into Fields, IDField for
// "id", or NoField when there is none.
func (s *Schema) Field(name string) int {
	if name == "id" {
		return IDField
	}
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return i
		}
	}
	return NoField
}

// Places that are not an index into Schema.Fields.
const (
	// IDField is the document's id, a keyword.
	IDField = -1
	// NoField is no field.
	NoField = -2
)

// At gives the field at a place that Field gave.
func (s *Schema) At(place int) Field {
	if place == IDField {
		return Field{Name: "id", Kind: Keyword, Naming: s.ID}
	}
	return s.Fields[place]
}

// HasWords says whether any field can be searched by words.
func (s *Schema) HasWords() bool {
	for i := range s.Fields {
		if s.Fields[i].Kind == Words {
			return true
		}
	}
	return false
}

// Fingerprint is a text that differs whenever what is stored would have to: documents, indexes or tallies.
// Engines keep it with a generation and refuse one that was made for another.
func (s *Schema) Fingerprint() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s v%d cut%d", s.Name, s.Version, cutVersion)
	for _, f := range s.Fields {
		fmt.Fprintf(&b, "; %s %s", f.Name, f.Kind)
		if f.Optional {
			b.WriteString(" optional")
		}
	}
	for _, index := range s.Indexes {
		fmt.Fprintf(&b, "; index %s", strings.Join(index, ","))
	}
	for _, tally := range s.Tallies {
		fmt.Fprintf(&b, "; tally %s", strings.Join(tally, ","))
	}
	return b.String()
}

// Check says what is wrong with a declaration, nil when nothing is.
func (s *Schema) Check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if !ValidName(s.Name) {
		fault("view: the name of a view must match ^[a-z][a-z0-9_]*$")
	}
	if s.Version < 1 {
		fault("view %s: versions count from 1", s.Name)
	}
	if len(s.Fields) == 0 || len(s.Fields) > MaxFields {
		fault("view %s: 1 to %d fields are possible", s.Name, MaxFields)
	}
	s.checkNaming(fault)
	seen := map[string]bool{"id": true}
	for i, f := range s.Fields {
		if !ValidName(f.Name) || f.Kind < Keyword || f.Kind > Sealed {
			fault("view %s: field %d has no valid name or kind", s.Name, i)
		}
		if seen[f.Name] {
			fault("view %s: field %s is declared twice or is the id", s.Name, f.Name)
		}
		seen[f.Name] = true
	}
	for i, index := range s.Indexes {
		if len(index) == 0 {
			fault("view %s: index %d names no field", s.Name, i)
		}
		for _, name := range index {
			at := s.Field(strings.TrimPrefix(name, "-"))
			if at < 0 || !s.Fields[at].Kind.sortable() {
				fault("view %s: index %d names what is no sortable field", s.Name, i)
			}
		}
	}
	if len(s.Tallies) > MaxTallies {
		fault("view %s: at most %d tallies are possible", s.Name, MaxTallies)
	}
	for i, tally := range s.Tallies {
		if wrong := tally.check(s); wrong != "" {
			fault("view %s: tally %d %s", s.Name, i, wrong)
		}
	}
	return errors.Join(faults...)
}

// checkNaming looks at what names people.
func (s *Schema) checkNaming(fault func(string, ...any)) {
	things := s.ID == NamesThing
	for i := range s.Fields {
		if f := s.Fields[i]; f.Naming != 0 && f.Kind != Keyword {
			fault("view %s: field %s names people and is no keyword", s.Name, f.Name)
		}
		things = things || s.Fields[i].Naming == NamesThing
	}
	if at := s.Field(s.Person); s.Person != "" && (at == NoField || s.At(at).Naming != NamesPerson) || things && s.Person == "" {
		fault("view %s: Person must be a field that holds people's ids", s.Name)
	}
}

// ValidName says whether a view or a field may be called so.
func ValidName(name string) bool {
	if name == "" || len(name) > MaxName {
		return false
	}
	for i := range len(name) {
		c := name[i]
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return true
}

// CheckDocument says what keeps a document from being stored, as an error that
// wraps ErrDocument and names the field, never the value.
func (s *Schema) CheckDocument(d *Document) error {
	if d.ID == "" || len(d.ID) > MaxID || !utf8.ValidString(d.ID) {
		return fmt.Errorf("%w: view %s: the id is empty, too long or not UTF-8", ErrDocument, s.Name)
	}
	if d.Position < 1 {
		return fmt.Errorf("%w: view %s: positions count from 1", ErrDocument, s.Name)
	}
	if d.Deleted {
		if len(d.Values) != 0 {
			return fmt.Errorf("%w: view %s: a tombstone holds no values", ErrDocument, s.Name)
		}
		return nil
	}
	if len(d.Values) > len(s.Fields) {
		return fmt.Errorf("%w: view %s: more values than fields", ErrDocument, s.Name)
	}
	for i := range s.Fields {
		if fault := s.Fields[i].check(d.value(i)); fault != "" {
			return fmt.Errorf("%w: view %s: field %s %s", ErrDocument, s.Name, s.Fields[i].Name, fault)
		}
	}
	return nil
}

func (f *Field) check(v Value) string {
	if v.kind == 0 {
		if f.Optional {
			return ""
		}
		return "is missing"
	}
	if v.kind != f.Kind {
		return "holds another kind of value"
	}
	var limit int
	switch v.kind {
	case Keyword:
		limit = MaxKeyword
	case Words:
		limit = MaxText
	case Sealed:
		if len(v.text) > MaxSealed {
			return "is too long"
		}
		return ""
	case Time:
		if v.number < 0 || v.number >= MaxTime {
			return "lies outside 1970 to 2262"
		}
		return ""
	default:
		return ""
	}
	if len(v.text) > limit {
		return "is too long"
	}
	if !utf8.ValidString(v.text) || strings.IndexByte(v.text, 0) >= 0 {
		return "is not UTF-8 or holds a NUL"
	}
	return ""
}
