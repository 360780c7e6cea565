package api

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"
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
