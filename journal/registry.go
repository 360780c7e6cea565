package journal

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// UnknownTypeError: the log holds an event that this program does not know, a newer version of one, or one with a value of a
// closed set that this program does not know. Readers wait before it and say so; nothing is decided on its stream.
type UnknownTypeError struct {
	Type string
	// Field is the path of the field that holds the unknown value; "": the type is unknown.
	Field string
}

func (e *UnknownTypeError) Error() string {
	if e.Field != "" {
		return fmt.Sprintf("journal: %s of an event of type %q has a value that this program does not know; a newer one wrote it", e.Field, e.Type)
	}
	return fmt.Sprintf("journal: event type %q is not known to this program; a newer one wrote it", e.Type)
}

// Type is one type of event: its wire name with version, and how its Go form is read and written.
type Type struct {
	name   string // such as account.opened.v1
	base   string
	wire   int
	goType reflect.Type
	shape  shape
	decode func(data []byte) (any, error)
}

// Name is the wire name with its version.
func (t Type) Name() string { return t.name }

// New gives a zero event of the type.
func (t Type) New() any { return reflect.Zero(t.goType).Interface() }

// Event registers a type of event: one struct, one name, one line.
func Event[T any](name string) Type {
	t := Type{name: name, goType: reflect.TypeFor[T]()}
	t.base, t.wire = splitName(name)
	t.decode = func(data []byte) (any, error) {
		var v T
		if err := json.Unmarshal(data, &v, json.RejectUnknownMembers(true)); err != nil {
			return nil, fmt.Errorf("journal: stored event %s cannot be read: %w", name, err)
		}
		return v, nil
	}
	return t
}

// Upcaster turns the public fields of one version of an event into those of the next; parts pass as they are.
type Upcaster struct {
	From string // wire name with version
	Up   func(map[string]jsontext.Value) error
}

// PartUpcaster turns a part's clear value of one version into the next, after it was opened.
type PartUpcaster struct {
	Part string
	From int
	Up   func(map[string]jsontext.Value) error
}

// Registry knows every type of event, every older version, and every part.
type Registry struct {
	byName map[string]Type
	byGo   map[reflect.Type]Type
	up     map[string]Upcaster
	parts  map[string]partInfo
	partUp map[string]map[int]PartUpcaster
}

type partInfo struct {
	goType  reflect.Type
	version int
}

// NewRegistry checks and gathers types and upcasters. It refuses: a type that holds a free string, a
// name twice, a part name with two meanings, a gap between versions.
func NewRegistry(types []Type, upcasters []Upcaster, partUpcasters []PartUpcaster) (*Registry, error) {
	r := &Registry{byName: map[string]Type{}, byGo: map[reflect.Type]Type{}, up: map[string]Upcaster{},
		parts: map[string]partInfo{}, partUp: map[string]map[int]PartUpcaster{}}
	var errs []error
	for _, t := range types {
		var err error
		if t.wire < 1 {
			errs = append(errs, fmt.Errorf("journal: %q has no version", t.name))
		}
		if _, twice := r.byName[t.name]; twice {
			errs = append(errs, fmt.Errorf("journal: %q is registered twice", t.name))
		}
		if _, twice := r.byGo[t.goType]; twice {
			errs = append(errs, fmt.Errorf("journal: %s has two names", t.goType))
		}
		if t.shape, err = shapeOf(t.goType); err != nil {
			errs = append(errs, fmt.Errorf("journal: %s: %w", t.name, err))
		}
		for _, p := range t.shape.parts {
			if have, ok := r.parts[p.name]; ok && have.goType != p.goType {
				errs = append(errs, fmt.Errorf("journal: part %q is a %s and a %s", p.name, have.goType, p.goType))
			}
			r.parts[p.name] = partInfo{goType: p.goType, version: 1}
		}
		r.byName[t.name], r.byGo[t.goType] = t, t
	}
	errs = append(errs, r.addUpcasters(upcasters), r.addPartUpcasters(partUpcasters))
	return r, errors.Join(errs...)
}

func (r *Registry) addUpcasters(upcasters []Upcaster) error {
	var errs []error
	for _, u := range upcasters {
		if _, twice := r.up[u.From]; twice {
			errs = append(errs, fmt.Errorf("journal: %q has two upcasters", u.From))
		}
		if _, current := r.byName[u.From]; current {
			errs = append(errs, fmt.Errorf("journal: %q is current and has an upcaster", u.From))
		}
		r.up[u.From] = u
	}
	for _, u := range upcasters {
		base, n := splitName(u.From)
		next := base + ".v" + strconv.Itoa(n+1)
		_, known := r.byName[next]
		_, more := r.up[next]
		if n < 1 || !known && !more {
			errs = append(errs, fmt.Errorf("journal: %q is upcast to %q, which is nothing", u.From, next))
		}
	}
	for _, t := range r.byName {
		for n := 1; n < t.wire; n++ {
			if _, ok := r.up[t.base+".v"+strconv.Itoa(n)]; !ok {
				errs = append(errs, fmt.Errorf("journal: %s.v%d has no upcaster", t.base, n))
			}
		}
	}
	return errors.Join(errs...)
}

func (r *Registry) addPartUpcasters(upcasters []PartUpcaster) error {
	upcasters = slices.Clone(upcasters)
	slices.SortFunc(upcasters, func(a, b PartUpcaster) int { return a.From - b.From })
	for _, u := range upcasters {
		info, ok := r.parts[u.Part]
		if !ok || info.version != u.From {
			return fmt.Errorf("journal: part %q has no version %d to upcast", u.Part, u.From)
		}
		info.version++
		r.parts[u.Part] = info
		if r.partUp[u.Part] == nil {
			r.partUp[u.Part] = map[int]PartUpcaster{}
		}
		r.partUp[u.Part][u.From] = u
	}
	return nil
}

// Types lists every current type by name.
func (r *Registry) Types() []Type {
	out := make([]Type, 0, len(r.byName))
	for _, t := range r.byName {
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b Type) int { return strings.Compare(a.name, b.name) })
	return out
}

// Of gives the type of a Go event.
func (r *Registry) Of(event any) (Type, error) {
	t, ok := r.byGo[reflect.TypeOf(event)]
	if !ok {
		return Type{}, fmt.Errorf("journal: %T is no registered event", event)
	}
	return t, nil
}

// Decode reads stored data of a stored type into the current Go form.
func (r *Registry) Decode(stored string, data []byte) (any, error) {
	if t, ok := r.byName[stored]; ok {
		return t.read(data)
	}
	if _, ok := r.up[stored]; !ok {
		return nil, &UnknownTypeError{Type: stored}
	}
	var fields map[string]jsontext.Value
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, fmt.Errorf("journal: stored event %s cannot be read: %w", stored, err)
	}
	name := stored
	for u, ok := r.up[name]; ok; u, ok = r.up[name] {
		if err := u.Up(fields); err != nil {
			return nil, fmt.Errorf("journal: upcasting %s: %w", name, err)
		}
		base, n := splitName(name)
		name = base + ".v" + strconv.Itoa(n+1)
	}
	data, err := json.Marshal(fields, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("journal: upcasting %s: %w", stored, err)
	}
	return r.byName[name].read(data)
}

// read decodes an event and gives each part the name of the place it stands in: one that was put into another
// place of its event does not open there, since the seal covers the name.
func (t Type) read(data []byte) (any, error) {
	event, err := t.decode(data)
	if err != nil {
		return event, err
	}
	v := reflect.ValueOf(event)
	if place := t.shape.unknown(v); place != "" {
		return nil, &UnknownTypeError{Type: t.name, Field: place}
	}
	for _, p := range t.shape.parts {
		if sealed := v.FieldByIndex(p.index).Interface().(part).Sealed(); sealed != nil { // shapes hold parts only
			sealed.Name = p.name
		}
	}
	return event, nil
}

func splitName(name string) (base string, version int) {
	i := strings.LastIndex(name, ".v")
	if i < 0 {
		return name, 0
	}
	n, err := strconv.Atoi(name[i+2:])
	if err != nil || n < 1 || strconv.Itoa(n) != name[i+2:] {
		return name, 0
	}
	return name[:i], n
}
