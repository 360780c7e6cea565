package journal

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
)

// part is what every domain.Part is.
type part interface {
	Clear() (any, []string)
	Sealed() *domain.Sealed
	New() any
	IsZero() bool
}

// sealer is a part that can be given its sealed form.
type sealer interface{ Seal(*domain.Sealed) }

type validator interface{ Validate() error }

var (
	partType      = reflect.TypeFor[part]()
	validatorType = reflect.TypeFor[validator]()
	timeType      = reflect.TypeFor[time.Time]()
	uuidType      = reflect.TypeFor[uuid.UUID]()
)

// shape is where an event keeps its parts, which of its values can be checked, and which of those are of closed sets.
type shape struct {
	parts  []partField
	values []valueField
	closed []closedField
}

// closedField is a value of a closed set, a list of them, or a list of structs that hold some.
type closedField struct {
	valueField
	list   bool
	inside *shape
	known  *atomic.Pointer[map[string]bool] // values of the set that were met
}

type partField struct {
	index  []int
	name   string
	goType reflect.Type
}

type valueField struct {
	index    []int
	optional bool
	place    string
}

// shapeOf walks a type and refuses whatever could hold text that nobody checks: public fields are closed
// types, everything else is a part.
func shapeOf(t reflect.Type) (shape, error) {
	var s shape
	if t.Kind() != reflect.Struct {
		return s, fmt.Errorf("%s is no struct", t)
	}
	return s, s.walk(t, nil, "", false)
}

func (s *shape) walk(t reflect.Type, index []int, place string, optional bool) error {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(append([]int{}, index...), i)
		name, tag, _ := strings.Cut(f.Tag.Get("json"), ",")
		opt := optional || strings.Contains(tag, "omitzero")
		path := place + "/" + name
		if f.Anonymous {
			path = place
		} else if name == "" || !f.IsExported() {
			return fmt.Errorf("field %s of %s has no name", f.Name, t)
		}
		if indirect(f.Type) {
			return fmt.Errorf("%s is a %s: an event is one value", path, f.Type)
		}
		if f.Type.Implements(partType) {
			if place != "" {
				return fmt.Errorf("%s: a part stands at the top of its event", path)
			}
			room := reflect.New(f.Type).Interface().(part).New()
			s.parts = append(s.parts, partField{index: at, name: name, goType: reflect.TypeOf(room).Elem()})
			continue
		}
		if err := s.field(f.Type, at, path, opt); err != nil {
			return err
		}
	}
	return nil
}

func (s *shape) field(t reflect.Type, at []int, path string, opt bool) error {
	switch {
	case t.Implements(validatorType):
		s.values = append(s.values, valueField{index: at, optional: opt, place: path})
		s.close(t, closedField{valueField: valueField{index: at, optional: opt, place: path}})
		return nil
	case t == timeType, isID(t):
		return nil
	}
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int64:
		return nil
	case reflect.Struct:
		return s.walk(t, at, path, opt)
	case reflect.Slice:
		return s.slice(t, at, path, opt)
	default:
		return fmt.Errorf("%s is a %s: public fields are closed types, everything else is a part", path, t)
	}
}

// slice checks elements through a shape of their own.
func (s *shape) slice(t reflect.Type, at []int, path string, opt bool) error {
	elem := t.Elem()
	if indirect(elem) {
		return fmt.Errorf("%s is a %s: an event is one value", path, t)
	}
	if !elem.Implements(validatorType) && !isID(elem) {
		inner, err := shapeOf(elem)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if len(inner.parts) > 0 {
			return fmt.Errorf("%s: a list cannot hold parts", path)
		}
		if len(inner.closed) > 0 {
			s.closed = append(s.closed, closedField{valueField: valueField{index: at, place: path}, list: true, inside: &inner})
		}
	}
	s.close(elem, closedField{valueField: valueField{index: at, place: path}, list: true})
	s.values = append(s.values, valueField{index: at, optional: opt, place: path})
	return nil
}

// close notes a field whose type is a closed set of strings.
func (s *shape) close(t reflect.Type, f closedField) {
	if t.Kind() != reflect.String || !t.Implements(validatorType) {
		return
	}
	nothing, _ := reflect.New(t).Elem().Interface().(validator)
	if errors.Is(nothing.Validate(), domain.ErrUnknownValue) {
		f.known = &atomic.Pointer[map[string]bool]{}
		s.closed = append(s.closed, f)
	}
}

// unknown names the field that holds a value outside its closed set, "" when none does.
func (s *shape) unknown(event reflect.Value) string {
	for i := range s.closed {
		f := &s.closed[i]
		v := event.FieldByIndex(f.index)
		if !f.list {
			if !f.knows(v) {
				return f.place
			}
			continue
		}
		for n := range v.Len() {
			if one := v.Index(n); f.inside != nil {
				if place := f.inside.unknown(one); place != "" {
					return f.place + place
				}
			} else if !f.knows(one) {
				return f.place
			}
		}
	}
	return ""
}

func (f *closedField) knows(v reflect.Value) bool {
	if f.optional && v.Len() == 0 {
		return true
	}
	known := f.known.Load()
	if known != nil && (*known)[v.String()] {
		return true
	}
	if val, ok := v.Interface().(validator); !ok || val.Validate() != nil {
		return false
	}
	more := map[string]bool{v.String(): true}
	if known != nil {
		maps.Copy(more, *known)
	}
	f.known.Store(&more) // of two at once one is forgotten, and found again
	return true
}

// indirect tells types whose value could be nothing, or anything.
func indirect(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface
}

func isID(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.NumField() == 1 && t.Field(0).Anonymous && t.Field(0).Type == uuidType
}

// check refuses an event with a public value that is none of those allowed.
func (s *shape) check(event reflect.Value) error {
	for _, f := range s.values {
		v := event.FieldByIndex(f.index)
		if f.optional && v.IsZero() {
			continue
		}
		if err := checkValue(v); err != nil {
			return fmt.Errorf("%s: %w", f.place, err)
		}
	}
	return nil
}

func checkValue(v reflect.Value) error {
	if val, ok := v.Interface().(validator); ok {
		return val.Validate()
	}
	for i := range v.Len() {
		elem := v.Index(i)
		if val, ok := elem.Interface().(validator); ok {
			if err := val.Validate(); err != nil {
				return err
			}
			continue
		}
		if isID(elem.Type()) {
			continue
		}
		inner, err := shapeOf(elem.Type())
		if err != nil {
			return err
		}
		if err := inner.check(elem); err != nil {
			return err
		}
	}
	return nil
}
