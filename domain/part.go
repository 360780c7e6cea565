package domain

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Sealed is a personal part of an event as stored: readable only with all its keys, and only in the place it was sealed
// for (stream, event, type, part).
type Sealed struct {
	Name    string   `json:"name"`
	Version int      `json:"version"`
	Keys    []string `json:"keys"`
	Alg     string   `json:"alg"`
	Nonce   []byte   `json:"nonce"`
	Bytes   []byte   `json:"bytes"`
}

// Part is personal data in an event that can be shown and destroyed separately. It is created as plain text with the names of
// its keys; the journal seals it before storing the event, and an event that is read holds it sealed. It prints as
// [personal].
type Part[T any] struct {
	clear  *T
	keys   []string
	sealed *Sealed
}

// Personal makes a part of v that takes all of keys to read.
func Personal[T any](v T, keys ...string) Part[T] { return Part[T]{clear: &v, keys: keys} }

// IsZero reports whether the part is missing, which is valid.
func (p Part[T]) IsZero() bool { return p.clear == nil && p.sealed == nil }

// Sealed is the part as stored, or nil.
func (p Part[T]) Sealed() *Sealed { return p.sealed }

// Clear is the part before sealing, or nil, and the names of its keys. Only the journal uses it.
func (p Part[T]) Clear() (any, []string) {
	if p.clear == nil {
		return nil, nil
	}
	return p.clear, p.keys
}

// New allocates a plain value for the part.
func (p Part[T]) New() any { return new(T) }

// Seal replaces the plain value by its sealed form. Only the journal uses it.
func (p *Part[T]) Seal(s *Sealed) { *p = Part[T]{sealed: s} }

// errClear keeps an unsealed part from being encoded.
var errClear = errors.New("domain: a personal part is not sealed")

// MarshalJSONTo writes the sealed form and refuses an unsealed part.
func (p Part[T]) MarshalJSONTo(e *jsontext.Encoder) error {
	if p.sealed == nil && p.clear != nil {
		return errClear
	}
	return json.MarshalEncode(e, p.sealed)
}

// UnmarshalJSONFrom reads the sealed form.
func (p *Part[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	var s *Sealed
	if err := json.UnmarshalDecode(d, &s); err != nil {
		return err
	}
	*p = Part[T]{sealed: s}
	return nil
}

const personal = "[personal]"

// Format prints [personal] for every verb.
func (Part[T]) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(personal)) }

// LogValue logs [personal].
func (Part[T]) LogValue() slog.Value { return slog.StringValue(personal) }
