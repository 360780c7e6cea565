package view

import "slices"

// Document is one entry of a view. Engines write and give whole documents only.
type Document struct {
	// ID names it within its view: 1 to MaxID bytes of UTF-8.
	ID string
	// Position is the document's version: the place in the log, ordered as int64,
	// of the last event that changed it. It is at least 1 once stored.
	Position int64
	// Deleted marks a tombstone: a document that is not there, or no longer. A
	// stored tombstone keeps the version, so that a late writer cannot bring back
	// what was deleted.
	Deleted bool
	// Values are in the order of the view's fields, the zero Value where one is
	// missing. A tombstone has none.
	Values []Value
}

// Clone gives a copy that shares nothing which can change.
func (d *Document) Clone() *Document {
	c := *d
	c.Values = slices.Clone(d.Values)
	return &c
}

// Size is about how many bytes the document takes in memory.
func (d *Document) Size() int64 {
	const value = 40 // of Value, without its text
	n := 64 + len(d.ID) + value*len(d.Values)
	for i := range d.Values {
		n += len(d.Values[i].text)
	}
	return int64(n)
}

// Delete makes the document a tombstone.
func (d *Document) Delete() {
	d.Deleted, d.Values = true, nil
}

// Equal says whether both hold the same, position included.
func (d *Document) Equal(e *Document) bool {
	return d.Position == e.Position && d.sameContent(e)
}

func (d *Document) sameContent(e *Document) bool {
	if d.ID != e.ID || d.Deleted != e.Deleted {
		return false
	}
	for i := range max(len(d.Values), len(e.Values)) {
		if d.value(i) != e.value(i) {
			return false
		}
	}
	return true
}

func (d *Document) value(at int) Value {
	if at >= len(d.Values) {
		return Value{}
	}
	return d.Values[at]
}

// set brings a tombstone back to life with this value as its only one.
func (d *Document) set(at int, v Value) {
	for at >= len(d.Values) {
		d.Values = append(d.Values, Value{})
	}
	d.Deleted = false
	d.Values[at] = v
}
