package view

import (
	"encoding/binary"
	"errors"
	"unicode/utf8"
)

// Cursor is where a page ended: the sort values and the id of its last document.
// It is bound to the query's sort, not to its filter, and holds what the view
// holds, so it has to be sealed before it leaves the program.
type Cursor struct {
	Values []Value
	ID     string
}

// ErrCursor means that bytes are no cursor of this query.
var ErrCursor = errors.New("view: not a cursor of this query")

const cursorFormat = 1

// MarshalBinary writes the cursor for DecodeCursor.
func (c *Cursor) MarshalBinary() ([]byte, error) {
	b := []byte{cursorFormat, byte(len(c.Values))} //nolint:gosec // at most MaxSort of them
	for _, v := range c.Values {
		b = append(b, byte(v.kind))
		switch v.kind {
		case 0:
		case Keyword:
			b = binary.AppendUvarint(b, uint64(len(v.text)))
			b = append(b, v.text...)
		case Time, Number, Bool:
			b = binary.AppendVarint(b, v.number)
		default:
			return nil, ErrCursor
		}
	}
	b = binary.AppendUvarint(b, uint64(len(c.ID)))
	return append(b, c.ID...), nil
}

// DecodeCursor reads what MarshalBinary wrote for a query with this sort over
// this view. Bytes that are anything else, to the last one, give ErrCursor.
func DecodeCursor(schema *Schema, sort []Order, data []byte) (*Cursor, error) {
	if len(data) < 2 || data[0] != cursorFormat || int(data[1]) != len(sort) || len(sort) > MaxSort {
		return nil, ErrCursor
	}
	r := cursorReader{rest: data[2:]}
	c := &Cursor{Values: make([]Value, len(sort))}
	for i := range sort {
		at := schema.Field(sort[i].Field)
		if at == NoField || !schema.At(at).Kind.sortable() {
			return nil, ErrCursor
		}
		c.Values[i] = r.value(schema.At(at))
	}
	c.ID = r.text(MaxID)
	if r.bad || len(r.rest) != 0 || c.ID == "" {
		return nil, ErrCursor
	}
	return c, nil
}

type cursorReader struct {
	rest []byte
	bad  bool
}

func (r *cursorReader) value(f Field) Value {
	if len(r.rest) == 0 {
		r.bad = true
		return Value{}
	}
	kind := Kind(r.rest[0])
	r.rest = r.rest[1:]
	v := Value{kind: kind}
	switch {
	case kind == 0:
	case kind != f.Kind:
		r.bad = true
	case kind == Keyword:
		v.text = r.text(MaxKeyword)
	default:
		n, size := binary.Varint(r.rest)
		if size <= 0 || kind == Bool && n != 0 && n != 1 {
			r.bad = true
			return Value{}
		}
		v.number, r.rest = n, r.rest[size:]
	}
	if f.Name != "id" && f.check(v) != "" || f.Name == "id" && v.text == "" {
		r.bad = true
	}
	return v
}

func (r *cursorReader) text(limit int) string {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || n > MaxKeyword || int(n) > min(limit, len(r.rest)-size) {
		r.bad = true
		return ""
	}
	end := size + int(n)
	s := string(r.rest[size:end])
	r.rest = r.rest[end:]
	if !utf8.ValidString(s) {
		r.bad = true
	}
	return s
}

// fits says whether the cursor can belong to a query with these sort keys.
func (c *Cursor) fits(schema *Schema, keys []Key) bool {
	if len(c.Values) != len(keys) || c.ID == "" {
		return false
	}
	for i, key := range keys {
		f := schema.At(key.Field)
		v := c.Values[i]
		if v.kind != f.Kind && (v.kind != 0 || !f.Optional) {
			return false
		}
	}
	return true
}
