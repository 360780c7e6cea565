package view

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Value is what a document holds in one field: a small tagged union, compared
// with ==. The zero Value is a missing one.
type Value struct {
	kind   Kind
	number int64
	text   string
}

// KeywordValue makes a keyword.
func KeywordValue(s string) Value { return Value{kind: Keyword, text: s} }

// WordsValue makes a text to search.
func WordsValue(text string) Value { return Value{kind: Words, text: text} }

// TimeValue makes a moment, to the nanosecond.
func TimeValue(t time.Time) Value { return Value{kind: Time, number: t.UnixNano()} }

// NanosecondsValue makes a moment from nanoseconds since 1970 UTC.
func NanosecondsValue(n int64) Value { return Value{kind: Time, number: n} }

// NumberValue makes a whole number.
func NumberValue(n int64) Value { return Value{kind: Number, number: n} }

// BoolValue makes a truth value.
func BoolValue(b bool) Value {
	if b {
		return Value{kind: Bool, number: 1}
	}
	return Value{kind: Bool}
}

// SealedValue makes a value of a copy of sealed bytes.
func SealedValue(sealed []byte) Value { return Value{kind: Sealed, text: string(sealed)} }

// Kind says what the value is, 0 when it is missing.
func (v Value) Kind() Kind { return v.kind }

// Missing says whether there is no value.
func (v Value) Missing() bool { return v.kind == 0 }

// Text gives a keyword or words, "" for every other kind.
func (v Value) Text() string {
	if v.kind == Keyword || v.kind == Words {
		return v.text
	}
	return ""
}

// Int64 gives a number, a moment in nanoseconds since 1970 UTC, or 1 for true.
func (v Value) Int64() int64 { return v.number }

// Bool gives a truth value, false for every other kind.
func (v Value) Bool() bool { return v.kind == Bool && v.number != 0 }

// Time gives a moment in UTC, the zero time for every other kind.
func (v Value) Time() time.Time {
	if v.kind != Time {
		return time.Time{}
	}
	return time.Unix(0, v.number).UTC()
}

// Sealed gives a copy of sealed bytes, nil for every other kind.
func (v Value) Sealed() []byte {
	if v.kind != Sealed {
		return nil
	}
	return []byte(v.text)
}

// Compare orders two values of one kind: keywords bytewise, the others by
// number. A missing value comes after every other.
func (v Value) Compare(w Value) int {
	switch {
	case v.kind == 0 || w.kind == 0:
		return -cmp.Compare(v.kind, w.kind)
	case v.text != w.text:
		return strings.Compare(v.text, w.text)
	default:
		return cmp.Compare(v.number, w.number)
	}
}

var errSealedJSON = errors.New("view: a sealed value has no JSON form; open it first")

// MarshalJSON writes a string, a number, true or false, an RFC 3339 time in UTC,
// or null when the value is missing. A sealed value is an error, so that none
// slips unopened into an answer.
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.kind {
	case Keyword, Words:
		return json.Marshal(v.text)
	case Time:
		return json.Marshal(v.Time())
	case Number:
		return json.Marshal(v.number)
	case Bool:
		return json.Marshal(v.number != 0)
	case Sealed:
		return nil, errSealedJSON
	default:
		return []byte("null"), nil
	}
}

// String names the kind only, so that printing a value repeats nothing.
func (v Value) String() string { return "[" + v.kind.String() + "]" }

// GoString is String.
func (v Value) GoString() string { return v.String() }

var (
	_ fmt.Stringer   = Value{}
	_ json.Marshaler = Value{}
)
