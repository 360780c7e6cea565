package api

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// body is a request's body of a given type. It is decoded strictly; a fault is kept for route to report, so that huma never
// words it.
type body[T any] struct {
	value T
	fault error
}

// decoder is a body of any type.
type decoder interface {
	decode(data []byte, f *form)
	wrong() error
}

func (b *body[T]) decode(data []byte, f *form) { b.fault = strictly(data, &b.value, f) }
func (b *body[T]) wrong() error                { return b.fault }

// Schema is the schema of the body's type.
func (b body[T]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[T](), true, "")
}

// strictly decodes one JSON object in UTF-8 without duplicate or unknown names and without control characters in strings, as its form asks.
func strictly(data []byte, into any, f *form) error {
	t := reflect.TypeOf(into).Elem()
	if err := wellFormed(data, t); err != nil {
		return err
	}
	if err := f.faults(data); err != nil {
		return err
	}
	err := json.Unmarshal(data, into, json.RejectUnknownMembers(true))
	var wrong *json.SemanticError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong):
		at, held := locate(t, wrong.JSONPointer)
		return wrongType(kindOf(held)).At(at)
	default:
		return errMalformed
	}
}

// wellFormed checks the syntax alone; the type only serves to name the place of a fault.
func wellFormed(data []byte, t reflect.Type) error {
	d := jsontext.NewDecoder(bytes.NewBuffer(data))
	for first := true; ; first = false {
		over := !first && d.StackDepth() == 0
		token, err := d.ReadToken()
		switch {
		case over && errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, jsontext.ErrDuplicateName):
			var twice *jsontext.SyntacticError
			if !errors.As(err, &twice) {
				return errDuplicate
			}
			at, _ := locate(t, twice.JSONPointer.Parent())
			return errDuplicate.At(at)
		case err != nil, over: // or a second value
			return errMalformed
		case first && token.Kind() != '{':
			return errNoObject
		case token.Kind() == '"' && strings.ContainsFunc(token.String(), unicode.IsControl):
			at, _ := locate(t, d.StackPointer())
			return errControl.At(at)
		}
	}
}
