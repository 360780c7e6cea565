package api

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/domain"
)

// maxFaults is how many faults of one body are told at once.
const maxFaults = 20

// form holds bodies against the schema that the document shows. All faults are told at once: those of what was sent in its order, then what is
// missing.
type form struct {
	schemas *settled
	schema  *huma.Schema
	now     func() time.Time
}

// faults are those of a body whose syntax is right; nil if there are none. No text of them is the caller's.
func (f *form) faults(data []byte) error {
	c := inspection{form: f, decoder: jsontext.NewDecoder(bytes.NewBuffer(data))}
	if err := c.value(f.schema, ""); err != nil {
		return errMalformed
	}
	return errors.Join(append(c.found, c.missing...)...)
}

// inspection is one body being read.
type inspection struct {
	*form
	decoder        *jsontext.Decoder
	found, missing []error
}

func (c *inspection) fault(e *domain.Error, at string) {
	if len(c.found)+len(c.missing) < maxFaults {
		c.found = append(c.found, e.At(at))
	}
}

// value reads the next value. Errors are those of the decoder.
func (c *inspection) value(s *huma.Schema, at string) error {
	s = c.schemas.target(s)
	kind := c.decoder.PeekKind()
	if kind == 'n' {
		c.fault(errNull, at)
		return c.decoder.SkipValue()
	}
	if s.Type == "" { // a literal, which its reader judges
		return c.decoder.SkipValue()
	}
	if kindOfSchema(s.Type) != kind && (s.Type != huma.TypeBoolean || kind != 'f') {
		c.fault(wrongType(words(s.Type)), at)
		return c.decoder.SkipValue()
	}
	switch kind {
	case '{':
		return c.object(s, at)
	case '[':
		return c.list(s, at)
	default:
	}
	token, err := c.decoder.ReadToken()
	switch {
	case err != nil:
		return err
	case kind == '"':
		if e := c.text(s, token.String()); e != nil {
			c.fault(e, at)
		}
	case kind == '0':
		if e := inRange(s, token); e != nil {
			c.fault(e, at)
		}
	}
	return nil
}

func (c *inspection) object(s *huma.Schema, at string) error {
	if s.AdditionalProperties == true { // its reader judges it
		return c.decoder.SkipValue()
	}
	if _, err := c.decoder.ReadToken(); err != nil {
		return err
	}
	has, unknown := map[string]bool{}, false
	for c.decoder.PeekKind() != '}' {
		token, err := c.decoder.ReadToken()
		if err != nil {
			return err
		}
		name := token.String()
		if p, ok := s.Properties[name]; ok {
			has[name] = true
			err = c.value(p, at+"/"+name) // our names need no escaping
		} else {
			if !unknown {
				unknown = true
				c.fault(unknownField(slices.Sorted(maps.Keys(s.Properties))), at)
			}
			err = c.decoder.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	for _, name := range s.Required {
		if !has[name] && len(c.found)+len(c.missing) < maxFaults {
			c.missing = append(c.missing, errRequired.At(at+"/"+name))
		}
	}
	_, err := c.decoder.ReadToken()
	return err
}

func (c *inspection) list(s *huma.Schema, at string) error {
	if _, err := c.decoder.ReadToken(); err != nil {
		return err
	}
	n := 0
	for ; c.decoder.PeekKind() != ']'; n++ {
		if err := c.value(s.Items, at+"/"+strconv.Itoa(n)); err != nil {
			return err
		}
	}
	if s.MinItems != nil && n < *s.MinItems {
		c.fault(said(errTooFew, *s.MinItems), at)
	}
	if s.MaxItems != nil && n > *s.MaxItems {
		c.fault(said(errTooManyItems, *s.MaxItems), at)
	}
	_, err := c.decoder.ReadToken()
	return err
}

// text is what is wrong with a text; nil if nothing is.
func (c *inspection) text(s *huma.Schema, text string) *domain.Error {
	v, n := c.schemas.kinds[s], utf8.RuneCountInString(text)
	switch {
	case s.MinLength != nil && n < *s.MinLength:
		if n == 0 && v.short == nil {
			return errRequired
		}
		return cmp.Or(v.short, said(errTooShort, *s.MinLength))
	case s.MaxLength != nil && n > *s.MaxLength:
		return cmp.Or(v.long, said(errTooLong, *s.MaxLength))
	case s.Enum != nil && !slices.ContainsFunc(s.Enum, func(one any) bool { return fmt.Sprint(one) == text }):
		return cmp.Or(v.wrong, errChoice)
	case s.Pattern != "" && !compiled(s.Pattern).MatchString(text):
		return cmp.Or(v.wrong, errForm)
	case v.check != nil:
		if err := v.check(text, c.now()); err != nil {
			return v.wrong
		}
	}
	return nil
}

// inRange says what is wrong with a number: a fraction is one with a point or an exponent, as for the decoder.
func inRange(s *huma.Schema, token jsontext.Token) *domain.Error {
	if strings.ContainsAny(token.String(), ".eE") {
		return wrongType(words(huma.TypeInteger))
	}
	if n, err := token.Float(); err != nil || s.Minimum != nil && n < *s.Minimum || s.Maximum != nil && n > *s.Maximum {
		return outOfRange(s)
	}
	return nil
}

var patterns sync.Map // compiled, by their text

func compiled(pattern string) *regexp.Regexp {
	if known, ok := patterns.Load(pattern); ok {
		return known.(*regexp.Regexp)
	}
	re := regexp.MustCompile(pattern)
	patterns.Store(pattern, re)
	return re
}

// kindOfSchema is how a value of a type begins.
func kindOfSchema(schemaType string) jsontext.Kind {
	switch schemaType {
	case huma.TypeObject:
		return '{'
	case huma.TypeArray:
		return '['
	case huma.TypeString:
		return '"'
	case huma.TypeBoolean:
		return 't'
	default:
		return '0'
	}
}

// words says a type.
func words(schemaType string) string {
	switch schemaType {
	case huma.TypeObject:
		return "an object"
	case huma.TypeArray:
		return "a list"
	case huma.TypeString:
		return "a string"
	case huma.TypeBoolean:
		return "true or false"
	default:
		return "a whole number"
	}
}
