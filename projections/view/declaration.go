package view

import (
	"fmt"
	"reflect"
)

// Declaration is a view over events of type E, complete: what its documents
// hold, which of them an event touches, and what it does to each.
type Declaration[E any] struct {
	Schema
	// Types are the types of events that the view reduces or ignores on purpose, each once; nil where that is not said.
	Types []reflect.Type
	// Touches gives the ids of the documents that an event may change, none for
	// an event the view does not care for. It looks at nothing but the event.
	Touches func(e E) []string
	// Begins gives the id of the document that an event is the first of all to touch, "" when there is none: that
	// need not be looked for. It looks at nothing but the event, and may be nil.
	Begins func(e E) string
	// Reduce folds an event into one of the documents it touches. d is a private
	// copy of the document as it was before, or of one that is not there
	// (d.Deleted): setting a field makes it one that is. Reduce changes d and
	// nothing else, and for the same d and e always in the same way: it has no
	// clock, no randomness, and looks nothing up.
	Reduce func(d *Document, e E) error
}

// Check says what is wrong with the declaration, nil when nothing is.
func (v *Declaration[E]) Check() error {
	if v.Touches == nil || v.Reduce == nil {
		return fmt.Errorf("view %s: both Touches and Reduce are needed", v.Name)
	}
	seen := make(map[reflect.Type]bool, len(v.Types))
	for _, t := range v.Types {
		if seen[t] {
			return fmt.Errorf("view %s: %s is listed twice", v.Name, t)
		}
		seen[t] = true
	}
	return v.Schema.Check()
}

// Fold gives the document with this id after the event at position: a new one
// when the event changed it, else previous itself. previous is nil where no
// document and no tombstone is stored, and is never modified. An event at or
// before previous.Position has been folded already and changes nothing, so
// repeats are harmless.
//
// An error comes from Reduce, or wraps ErrDocument when what came out cannot be stored.
func (v *Declaration[E]) Fold(previous *Document, id string, position int64, e E) (*Document, error) {
	before := previous
	if before == nil {
		before = &Document{ID: id, Deleted: true}
	}
	if position <= before.Position {
		return previous, nil
	}
	next := before.Clone()
	if next.Deleted {
		next.Values = make([]Value, 0, len(v.Fields))
	}
	if err := v.Reduce(next, e); err != nil {
		return nil, fmt.Errorf("view %s: position %d: %w", v.Name, position, err)
	}
	if next.sameContent(before) {
		return previous, nil
	}
	next.ID, next.Position = before.ID, position
	if err := v.CheckDocument(next); err != nil {
		return nil, fmt.Errorf("position %d: %w", position, err)
	}
	return next, nil
}
