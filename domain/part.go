package domain

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Sealed is a personal part of an event as it is stored: readable only with every one of
// its keys, and only in the place it was sealed for (stream, event, type, part).
type Sealed struct {
	Name    string   `json:"name"`
	Version int      `json:"version"`
	Keys    []string `json:"keys"`
	Alg     string   `json:"alg"`
	Nonce   []byte   `json:"nonce"`
	Bytes   []byte   `json:"bytes"`
}

// Part is what an event holds of a person, shown alone and destroyable alone. Whoever makes the
// event gives it in clear with the names of its keys; the journal seals it before it is
// stored, and whoever reads the event back holds it sealed. It prints as [personal].
type Part[T any] struct {
	clear  *T
	keys   []string
	sealed *Sealed
}

// Personal makes a part of v that needs all of keys to be read.
func Personal[T any](v T, keys ...string) Part[T] { return Part[T]{clear: &v, keys: keys} }

// IsZero reports whether the part is missing, which is normal.
func (p Part[T]) IsZero() bool { return p.clear == nil && p.sealed == nil }

// Sealed is the part as stored, or nil.
func (p Part[T]) Sealed() *Sealed { return p.sealed }

// Clear is the part before it is sealed, or nil, and the names of its keys. Only the journal asks.
func (p Part[T]) Clear() (any, []string) {
	if p.clear == nil {
		return nil, nil
	}
	return p.clear, p.keys
}

// New gives room for the part's clear value.
func (p Part[T]) New() any { return new(T) }

// Seal puts the sealed form in place of the clear one. Only the journal does.
func (p *Part[T]) Seal(s *Sealed) { *p = Part[T]{sealed: s} }

// errClear keeps a part that nobody sealed out of every encoding.
var errClear = errors.New("domain: a personal part is not sealed")

// MarshalJSONTo writes the sealed form and refuses the clear one.
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
