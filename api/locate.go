package api

import (
	"encoding"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// locate gives the part of a JSON pointer that the type defines, and the type found there. Names made up by callers are cut off,
// so that no message repeats them.
func locate(t reflect.Type, p jsontext.Pointer) (string, reflect.Type) {
	var at strings.Builder
	for token := range p.Tokens() {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		switch t.Kind() {
		case reflect.Struct:
			f, ok := fieldNamed(t, token)
			if !ok {
				return at.String(), t
			}
			t = f
		case reflect.Slice:
			if n, err := strconv.Atoi(token); err != nil || n < 0 || n > bodyLimit {
				return at.String(), t
			}
			t = t.Elem()
		default:
			return at.String(), t
		}
		at.WriteString("/" + token) // our names need no escaping
	}
	return at.String(), t
}

// fieldNamed finds a field by its JSON name, also in embedded structs.
func fieldNamed(t reflect.Type, name string) (reflect.Type, bool) {
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.Anonymous && f.IsExported() && tag == name && tag != "-" {
			return f.Type, true
		}
	}
	return nil, false
}

// kindOf says in words which JSON type a Go type is read from.
func kindOf(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return "a string"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Slice:
		return "a list"
	default:
		return "an object"
	}
}
