package view

import "time"

// Field is one named place in the documents of a view.
type Field struct {
	// Name matches ^[a-z][a-z0-9_]*$ and is unique in its view.
	Name string
	Kind Kind
	// Optional says that a document may lack it. A document that lacks a field
	// that is not optional is refused.
	Optional bool
	// Naming says whether a keyword names people.
	Naming Naming
}

// Option changes a field as it is declared.
type Option func(*Field)

// Optional lets documents lack the field.
func Optional(f *Field) { f.Optional = true }

// Fields collects the fields of a view as they are declared and gives a typed
// handle for each, so that a reducer can neither misspell a field nor put the
// wrong kind of value into it:
//
//	var f view.Fields
//	region := f.Keyword("region")
//	ended := f.Time("ended_at", view.Optional)
//
// Every document also has an id, a keyword that queries call "id".
type Fields []Field

func (f *Fields) add(name string, kind Kind, options []Option) handle {
	field := Field{Name: name, Kind: kind}
	for _, option := range options {
		option(&field)
	}
	*f = append(*f, field)
	return handle{at: len(*f) - 1}
}

// Keyword declares a field of exact strings.
func (f *Fields) Keyword(name string, options ...Option) KeywordField {
	return KeywordField{f.add(name, Keyword, options)}
}

// Words declares a field of public text to search.
func (f *Fields) Words(name string, options ...Option) WordsField {
	return WordsField{f.add(name, Words, options)}
}

// Time declares a field of moments.
func (f *Fields) Time(name string, options ...Option) TimeField {
	return TimeField{f.add(name, Time, options)}
}

// Number declares a field of whole numbers.
func (f *Fields) Number(name string, options ...Option) NumberField {
	return NumberField{f.add(name, Number, options)}
}

// Bool declares a field of truth values.
func (f *Fields) Bool(name string, options ...Option) BoolField {
	return BoolField{f.add(name, Bool, options)}
}

// Sealed declares a field of opaque bytes.
func (f *Fields) Sealed(name string, options ...Option) SealedField {
	return SealedField{f.add(name, Sealed, options)}
}

// handle is the place of a field in its view's documents.
type handle struct{ at int }

// Has says whether the document holds a value there.
func (h handle) Has(d *Document) bool { return d.value(h.at).kind != 0 }

// Clear makes the document lack the field.
func (h handle) Clear(d *Document) {
	if h.Has(d) {
		d.Values[h.at] = Value{}
	}
}

// KeywordField reads and sets one keyword.
type KeywordField struct{ handle }

// Set puts s there.
func (f KeywordField) Set(d *Document, s string) { d.set(f.at, KeywordValue(s)) }

// Get gives what is there, "" when it is missing.
func (f KeywordField) Get(d *Document) string { return d.value(f.at).text }

// WordsField reads and sets one text to search.
type WordsField struct{ handle }

// Set puts text there.
func (f WordsField) Set(d *Document, text string) { d.set(f.at, WordsValue(text)) }

// Get gives what is there, "" when it is missing.
func (f WordsField) Get(d *Document) string { return d.value(f.at).text }

// TimeField reads and sets one moment.
type TimeField struct{ handle }

// Set puts t there, to the nanosecond.
func (f TimeField) Set(d *Document, t time.Time) { d.set(f.at, TimeValue(t)) }

// Get gives what is there in UTC, the zero time when it is missing.
func (f TimeField) Get(d *Document) time.Time { return d.value(f.at).Time() }

// NumberField reads and sets one whole number.
type NumberField struct{ handle }

// Set puts n there.
func (f NumberField) Set(d *Document, n int64) { d.set(f.at, NumberValue(n)) }

// Add adds n to what is there; a missing number counts as 0.
func (f NumberField) Add(d *Document, n int64) { f.Set(d, f.Get(d)+n) }

// Get gives what is there, 0 when it is missing.
func (f NumberField) Get(d *Document) int64 { return d.value(f.at).number }

// BoolField reads and sets one truth value.
type BoolField struct{ handle }

// Set puts b there.
func (f BoolField) Set(d *Document, b bool) { d.set(f.at, BoolValue(b)) }

// Get gives what is there, false when it is missing.
func (f BoolField) Get(d *Document) bool { return d.value(f.at).number != 0 }

// SealedField reads and sets opaque bytes.
type SealedField struct{ handle }

// Set puts a copy of sealed there.
func (f SealedField) Set(d *Document, sealed []byte) { d.set(f.at, SealedValue(sealed)) }

// Get gives a copy of what is there, nil when it is missing.
func (f SealedField) Get(d *Document) []byte { return d.value(f.at).Sealed() }
