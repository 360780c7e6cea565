package view

import "slices"

// Limits of the tallies of a view.
const (
	MaxTallies = 8
	// MaxTallyKeys bounds the keyword fields of a tally.
	MaxTallyKeys = 4
)

// Tally names fields by which documents are often counted: up to MaxTallyKeys keyword fields, then, if they are
// counted by when as well, one time field. An engine may keep such counts up to date as documents are
// written, so that a group or a histogram over these fields reads counts instead of documents; one that
// counts fast anyway may ignore it. The answers are the same.
//
// Its keywords are to be ones with few different values: a tally holds a count for each combination of them, and
// with a time one for each quarter of an hour in which there is a document of that combination.
type Tally []string

// check says what is wrong with a tally, "" when nothing is.
func (t Tally) check(s *Schema) string {
	keys := 0
	for i, name := range t {
		at := s.Field(name)
		switch {
		case at < 0:
			return "names no field of the view"
		case slices.Contains(t[:i], name):
			return "names a field twice"
		case s.Fields[at].Kind == Keyword:
			keys++
		case s.Fields[at].Kind != Time || i != len(t)-1:
			return "must be keyword fields and then at most one time field"
		}
	}
	if len(t) == 0 || keys > MaxTallyKeys {
		return "names no field or too many"
	}
	return ""
}
