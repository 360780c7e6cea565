package view

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Check says whether a view can answer a query: nil, or an *InvalidError.
func Check(schema *Schema, query *Query) error {
	_, err := NewPlan(schema, query)
	return err
}

// NewPlan checks a query and reads it for an engine. The error is an
// *InvalidError.
func NewPlan(schema *Schema, query *Query) (*Plan, error) {
	c := checker{schema: schema}
	p := &Plan{Total: query.Total, After: query.After}
	scope := c.root("/scope", query.Scope)
	filter := c.root("/filter", query.Filter)
	switch {
	case scope != nil && filter != nil:
		p.Where = &Node{Join: JoinAll, Children: []*Node{scope, filter}}
	case scope != nil:
		p.Where = scope
	default:
		p.Where = filter
	}
	p.Words = c.words(query.Words)
	p.Sort = c.sort(query.Sort)
	p.Group = c.group(query.Group)
	p.Histogram = c.histogram(query.Histogram)
	p.Limit = c.limit("/limit", query.Limit, DefaultLimit, MaxLimit)
	if query.Limit == 0 && (query.Group != nil || query.Histogram != nil) {
		p.Limit = 0
	}
	if c.err == nil && p.After != nil && !p.After.fits(schema, p.Sort) {
		c.fail("/after", "is not a place in the result of this query")
	}
	if c.err != nil {
		return nil, c.err
	}
	return p, nil
}

// checker keeps the first fault it meets.
type checker struct {
	schema      *Schema
	err         error
	comparisons int
	values      int
}

func (c *checker) fail(pointer, format string, args ...any) {
	if c.err == nil {
		c.err = &InvalidError{Pointer: pointer, Message: fmt.Sprintf(format, args...)}
	}
}

// field finds a field that a query names and says what its kind must allow.
func (c *checker) field(pointer, name string, allowed func(Kind) bool, what string) (int, Field) {
	at := c.schema.Field(name)
	if at == NoField {
		c.fail(pointer, "must name a field of this view")
		return at, Field{}
	}
	f := c.schema.At(at)
	if f.Kind == Sealed {
		c.fail(pointer, "names a sealed field, which no query can use")
	} else if !allowed(f.Kind) {
		c.fail(pointer, "must name a field of kind %s", what)
	}
	return at, f
}

func (c *checker) words(text string) []Word {
	if text == "" {
		return nil
	}
	if !c.schema.HasWords() {
		c.fail("/words", "cannot be searched: this view has no field of words")
		return nil
	}
	if len(text) > MaxWordsText || !utf8.ValidString(text) {
		c.fail("/words", "must be UTF-8 of at most %d bytes", MaxWordsText)
		return nil
	}
	trimmed := strings.TrimSpace(text)
	bare, prefix := strings.CutSuffix(trimmed, "*")
	cut := splitWords(fold(bare))
	// A star counts only right behind a word, not behind what separates words.
	prefix = prefix && len(cut) == len(splitWords(fold(bare+"x")))
	if len(cut) == 0 || len(cut) > MaxWords {
		c.fail("/words", "must hold 1 to %d words of letters or digits", MaxWords)
		return nil
	}
	words := make([]Word, len(cut))
	for i, word := range cut {
		words[i] = Word{Text: word, Prefix: prefix && i == len(cut)-1}
	}
	return words
}

func (c *checker) sort(orders []Order) []Key {
	if len(orders) > MaxSort {
		c.fail("/sort", "must name at most %d fields", MaxSort)
		return nil
	}
	keys := make([]Key, len(orders))
	for i, order := range orders {
		pointer := fmt.Sprintf("/sort/%d/field", i)
		at, _ := c.field(pointer, order.Field, Kind.sortable, "keyword, time, number or bool")
		for _, before := range keys[:i] {
			if before.Field == at {
				c.fail(pointer, "names a field a second time")
			}
		}
		keys[i] = Key{Field: at, Desc: order.Desc}
	}
	return keys
}

func (c *checker) group(g *Group) *GroupPlan {
	if g == nil {
		return nil
	}
	if len(g.By) == 0 || len(g.By) > MaxGroupFields {
		c.fail("/group/by", "must name 1 to %d fields", MaxGroupFields)
		return nil
	}
	p := &GroupPlan{Sum: c.sum("/group/sum", g.Sum)}
	for i, name := range g.By {
		pointer := fmt.Sprintf("/group/by/%d", i)
		at, _ := c.field(pointer, name, Kind.groupable, "keyword, number or bool")
		for _, before := range p.By {
			if before == at {
				c.fail(pointer, "names a field a second time")
			}
		}
		p.By = append(p.By, at)
	}
	p.Limit = c.limit("/group/limit", g.Limit, DefaultGroups, MaxGroups)
	return p
}

func (c *checker) histogram(h *Histogram) *HistogramPlan {
	if h == nil {
		return nil
	}
	p := &HistogramPlan{Sum: c.sum("/histogram/sum", h.Sum)}
	p.Field, _ = c.field("/histogram/field", h.Field, func(k Kind) bool { return k == Time }, "time")
	if _, ok := NewClock(h.Interval, "UTC"); !ok {
		c.fail("/histogram/interval", "must be hour, day, week or month")
		return nil
	}
	clock, ok := NewClock(h.Interval, h.Zone)
	if !ok {
		c.fail("/histogram/zone", "must be the IANA name of a time zone, such as Europe/Berlin")
	}
	p.Clock = clock
	return p
}

func (c *checker) sum(pointer, name string) int {
	if name == "" {
		return NoField
	}
	at, _ := c.field(pointer, name, func(k Kind) bool { return k == Number }, "number")
	return at
}

func (c *checker) limit(pointer string, n, standard, most int) int {
	if n < 0 || n > most {
		c.fail(pointer, "must be between 1 and %d", most)
	}
	if n == 0 {
		return standard
	}
	return n
}
