package view

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// Literal is a value as a caller writes it in a query: a string, a whole number,
// true or false. A moment is a string in RFC 3339. The zero Literal is none of
// these and no query with one passes Check.
type Literal struct {
	kind Kind
	text string
	num  int64
}

// Text makes a literal for keywords.
func Text(s string) Literal { return Literal{kind: Keyword, text: s} }

// Whole makes a literal for numbers.
func Whole(n int64) Literal { return Literal{kind: Number, num: n} }

// Truth makes a literal for truth values.
func Truth(b bool) Literal {
	if b {
		return Literal{kind: Bool, num: 1}
	}
	return Literal{kind: Bool}
}

// Moment makes a literal for times.
func Moment(t time.Time) Literal { return Text(t.UTC().Format(time.RFC3339Nano)) }

// MarshalJSON writes the literal as it is read, null for the zero one.
func (l Literal) MarshalJSON() ([]byte, error) {
	switch l.kind {
	case Keyword:
		return json.Marshal(l.text)
	case Number:
		return strconv.AppendInt(nil, l.num, 10), nil
	case Bool:
		return strconv.AppendBool(nil, l.num != 0), nil
	default:
		return []byte("null"), nil
	}
}

// UnmarshalJSON reads a literal. Whatever else it finds (null, a fraction, a
// number beyond 64 bits, an array, an object) gives the zero Literal and no
// error, so that Check can name the place.
func (l *Literal) UnmarshalJSON(data []byte) error {
	*l = Literal{}
	if len(data) == 0 {
		return nil
	}
	switch data[0] {
	case '"':
		var s string
		if json.Unmarshal(data, &s) == nil {
			*l = Text(s)
		}
	case 't', 'f':
		if b, err := strconv.ParseBool(string(data)); err == nil {
			*l = Truth(b)
		}
	default:
		if n, err := strconv.ParseInt(string(data), 10, 64); err == nil {
			*l = Whole(n)
		}
	}
	return nil
}

// resolve gives the literal as a value of a field's kind, or what would be right.
func (l Literal) resolve(kind Kind) (Value, string) {
	switch kind {
	case Keyword:
		if l.kind != Keyword || len(l.text) > MaxKeyword || !utf8.ValidString(l.text) {
			return Value{}, "must be a string of at most " + strconv.Itoa(MaxKeyword) + " bytes"
		}
		return KeywordValue(l.text), ""
	case Time:
		t, err := time.Parse(time.RFC3339Nano, l.text)
		if l.kind != Keyword || err != nil || t.Unix() < 0 || t.Unix() >= MaxTime/int64(time.Second) {
			return Value{}, "must be a time in RFC 3339 with its offset, between 1970 and 2262"
		}
		return TimeValue(t), ""
	case Number:
		if l.kind != Number {
			return Value{}, "must be a whole number of 64 bits"
		}
		return NumberValue(l.num), ""
	default:
		if l.kind != Bool {
			return Value{}, "must be true or false"
		}
		return BoolValue(l.num != 0), ""
	}
}
