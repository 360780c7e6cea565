package api

import (
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"accountledger/domain"
)

const schemasAt = "#/components/schemas/"

// settled are the schemas of the document in the form in which requests are held against them and the document shows them.
type settled struct {
	registry huma.Registry
	values   map[string]value
	kinds    map[*huma.Schema]value // of texts with refusals of their own
	done     map[*huma.Schema]bool
	used     map[string]bool // by name: those that something refers to
}

func newSettled(r huma.Registry, values map[string]value) *settled {
	return &settled{r, values, map[*huma.Schema]value{}, map[*huma.Schema]bool{}, map[string]bool{}}
}

// settle writes into a schema, and into all that it is made of, what the kinds of its texts are like. Nothing we write or take is null.
func (d *settled) settle(s *huma.Schema) {
	if s == nil || d.done[s] {
		return
	}
	d.done[s], s.Nullable = true, false
	if name, ok := strings.CutPrefix(s.Ref, schemasAt); ok {
		d.refer(s, name)
		return
	}
	if v, ok := d.values[s.Format]; ok && s.Type == huma.TypeString {
		s.Type, s.Format, s.MinLength, s.MaxLength, s.Pattern = v.Type, v.Format, v.MinLength, v.MaxLength, v.Pattern
		s.Minimum, s.Maximum, s.Default = v.Minimum, v.Maximum, v.Default
		if s.Enum == nil {
			s.Enum = v.Enum
		}
		if s.Examples == nil {
			s.Examples = v.Examples
		}
		d.kinds[s] = v
	}
	for _, p := range s.Properties {
		d.settle(p)
	}
	d.settle(s.Items)
	for _, o := range s.OneOf {
		d.settle(o)
	}
}

// refer settles what a schema refers to. One that allows fewer values than that no longer refers to it.
func (d *settled) refer(s *huma.Schema, name string) {
	to := d.registry.SchemaFromRef(s.Ref)
	refusal := refusedTypes()[name]
	if s.Enum != nil {
		s.Ref, s.Type = "", huma.TypeString
		d.kinds[s] = value{wrong: refusal}
		return
	}
	d.used[name] = true
	if d.settle(to); refusal != nil {
		d.kinds[to] = value{wrong: refusal}
	}
}

// target is what a schema says, wherever it says it.
func (d *settled) target(s *huma.Schema) *huma.Schema {
	if s.Ref != "" {
		return d.registry.SchemaFromRef(s.Ref)
	}
	return s
}

// dropUnused removes the types of text that nothing refers to.
func (d *settled) dropUnused() {
	for name, s := range d.registry.Map() {
		if s.Type == huma.TypeString && !d.used[name] {
			delete(d.registry.Map(), name)
		}
	}
}

// example is a body with the examples of all that it needs, and of what else has one.
func (d *settled) example(s *huma.Schema) any {
	own, s := s.Examples, d.target(s)
	switch {
	case own != nil:
		return own[0]
	case s.Examples != nil:
		return s.Examples[0]
	case s.Type == huma.TypeObject:
		out := map[string]any{}
		for name, p := range s.Properties {
			if p.Examples != nil || slices.Contains(s.Required, name) {
				out[name] = d.example(p)
			}
		}
		return out
	case s.Type == huma.TypeArray:
		return []any{d.example(s.Items)}
	case s.Enum != nil:
		return s.Enum[0]
	}
	return nil
}

// refusals are those of the texts in a body.
func (d *settled) refusals(s *huma.Schema, seen map[*huma.Schema]bool) (out []*domain.Error) {
	if s == nil || seen[s] {
		return nil
	}
	seen[s] = true
	s = d.target(s)
	for _, e := range []*domain.Error{d.kinds[s].short, d.kinds[s].long, d.kinds[s].wrong} {
		if e != nil {
			out = append(out, e)
		}
	}
	for _, p := range s.Properties {
		out = append(out, d.refusals(p, seen)...)
	}
	return append(out, d.refusals(s.Items, seen)...)
}
