package view

// Limits of a query, the same on all engines.
const (
	DefaultLimit = 50
	MaxLimit     = 1000
	// MaxDepth bounds how deep a filter nests.
	MaxDepth = 8
	// MaxComparisons bounds the comparisons in a filter.
	MaxComparisons = 64
	// MaxValues bounds the values of all comparisons of a filter together.
	MaxValues = 512
	// MaxWordsText bounds what is searched for, in bytes, and MaxWords its words.
	MaxWordsText = 256
	MaxWords     = 16
	MaxSort      = 4
	// MaxGroupFields bounds the fields of a group.
	MaxGroupFields = 3
	DefaultGroups  = 100
	MaxGroups      = 1000
	// MaxBuckets bounds the buckets that a histogram may have.
	MaxBuckets = 10000
)

// Query asks a view for documents, counts or both. All parts are joined: what is
// counted and given are the documents that are within Scope and match Filter and
// Words.
type Query struct {
	// Scope is a filter of the program's own, never a caller's: what this caller
	// may see at all. It is not read from JSON.
	Scope *Filter `json:"-"`
	// Filter is what the caller asks for; nil is everything.
	Filter *Filter `json:"filter,omitempty"`
	// Words must all occur in the words fields of a document, in any order. The
	// last one may end in "*" and then stands for all words that begin so.
	Words string `json:"words,omitempty"`
	// Sort is how documents are ordered; the id, upwards, breaks ties. Missing
	// values come last either way.
	Sort []Order `json:"sort,omitempty"`
	// Limit is how many documents to give: 0 means DefaultLimit, or none when a
	// group or a histogram is asked for.
	Limit int `json:"limit,omitempty"`
	// After is the Next of the page before.
	After *Cursor `json:"-"`
	// Total asks for the exact number of matching documents as well.
	Total     bool       `json:"total,omitempty"`
	Group     *Group     `json:"group,omitempty"`
	Histogram *Histogram `json:"histogram,omitempty"`
}

// Filter is a tree. A node is exactly one of: all of these, any of these, not
// this, or a comparison of one field:
//
//	{"all": [
//	  {"field": "region", "op": "in", "values": ["DE", "FR"]},
//	  {"field": "signed_up_at", "op": "gte", "value": "2026-01-01T00:00:00Z"},
//	  {"not": {"field": "closed_at", "op": "exists"}}
//	]}
//
// A comparison with a field that the document lacks does not match; "not" matches
// exactly what its inside does not.
type Filter struct {
	All []Filter `json:"all,omitempty"`
	Any []Filter `json:"any,omitempty"`
	Not *Filter  `json:"not,omitempty"`

	Field string `json:"field,omitempty"`
	Op    Op     `json:"op,omitempty"`
	// Value is what eq, lt, lte, gt and gte compare with.
	Value *Literal `json:"value,omitempty"`
	// Values are what in compares with, at least one.
	Values []Literal `json:"values,omitempty"`
}

// Op is a comparison.
type Op string

// The comparisons. Keyword, number and time fields know all of them, bool fields
// eq, in and exists, words fields exists, sealed fields none.
const (
	Eq     Op = "eq"
	In     Op = "in"
	Lt     Op = "lt"
	Lte    Op = "lte"
	Gt     Op = "gt"
	Gte    Op = "gte"
	Exists Op = "exists"
)

// All joins filters: each must match. Nil ones are left out.
func All(filters ...*Filter) *Filter {
	var f Filter
	for _, inner := range filters {
		if inner != nil {
			f.All = append(f.All, *inner)
		}
	}
	if len(f.All) == 0 {
		return nil
	}
	return &f
}

// Compare makes a comparison with one value.
func Compare(field string, op Op, value Literal) *Filter {
	return &Filter{Field: field, Op: op, Value: &value}
}

// Order sorts by one field.
type Order struct {
	Field string `json:"field"`
	Desc  bool   `json:"desc,omitempty"`
}

// Group counts documents by the values of fields.
type Group struct {
	// By names 1 to MaxGroupFields keyword, number or bool fields. Documents that
	// lack one count under a missing key.
	By []string `json:"by"`
	// Sum names a number field to add up as well; a missing number counts as 0.
	// Sums are exact as long as they stay within 2^53.
	Sum string `json:"sum,omitempty"`
	// Limit is how many groups to give: the largest counts first, then by keys,
	// missing last. 0 means DefaultGroups.
	Limit int `json:"limit,omitempty"`
}

// Histogram counts documents by when. Documents without the time are left out.
type Histogram struct {
	// Field names a time field.
	Field    string   `json:"field"`
	Interval Interval `json:"interval"`
	// Zone is the IANA name of the time zone in which hours, days, weeks (from
	// Monday) and months begin, UTC when empty.
	Zone string `json:"zone,omitempty"`
	// Sum names a number field to add up as well, as in Group.
	Sum string `json:"sum,omitempty"`
}

// Result answers a Query.
type Result struct {
	Documents []*Document
	// Next is where the next page begins, nil on the last one.
	Next *Cursor
	// Total is the number of matching documents if it was asked for, else -1.
	Total int64
	// Groups are the groups asked for and GroupTotal is how many there are.
	Groups     []GroupCount
	GroupTotal int64
	// Buckets are those that hold at least one document, oldest first.
	Buckets []Bucket
}

// GroupCount is one group.
type GroupCount struct {
	Keys  []Value
	Count int64
	Sum   int64
}

// Bucket is one interval of a histogram.
type Bucket struct {
	// Start is when the interval begins, in nanoseconds since 1970 UTC; Label is
	// the same in RFC 3339 with the zone's offset at that moment.
	Start int64
	Label string
	Count int64
	Sum   int64
}
