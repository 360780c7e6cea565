package view

// Kind says what a field holds and so what a query may do with it.
type Kind uint8

// The kinds of a field. The zero Kind is that of a missing value.
const (
	// Keyword is one exact string: an id, a name from a closed list. It is
	// compared bytewise.
	Keyword Kind = iota + 1
	// Words is public text that is searched word by word, as Cut cuts it. It is
	// never filtered, sorted or grouped by.
	Words
	// Time is a moment, kept in nanoseconds since 1970 UTC.
	Time
	// Number is a whole number of 64 bits.
	Number
	// Bool is true or false.
	Bool
	// Sealed is opaque bytes that are carried as they are. No query may name one.
	Sealed
)

// String gives the kind's name as messages and stored declarations use it.
func (k Kind) String() string {
	switch k {
	case Keyword:
		return "keyword"
	case Words:
		return "words"
	case Time:
		return "time"
	case Number:
		return "number"
	case Bool:
		return "bool"
	case Sealed:
		return "sealed"
	default:
		return "missing"
	}
}

// sortable says whether values of this kind have an order that a query can use.
func (k Kind) sortable() bool {
	return k == Keyword || k == Time || k == Number || k == Bool
}

// groupable says whether documents can be counted by values of this kind.
func (k Kind) groupable() bool {
	return k == Keyword || k == Number || k == Bool
}
