package projections

import (
	"fmt"
	"reflect"

	"accountledger/journal"
	"accountledger/projections/view"
)

// rule is what a view does with one type of event.
type rule struct {
	typ    reflect.Type
	ids    func(journal.Record) []string // nil: the view ignores the type
	begins bool
	reduce func(*view.Document, journal.Record) error
}

// on folds events of type T into the document that id names, and does nothing where id is "".
func on[T any](id func(journal.Record, T) string, reduce func(*view.Document, journal.Record, T)) rule {
	return onEach(func(r journal.Record, e T) []string {
		if one := id(r, e); one != "" {
			return []string{one}
		}
		return nil
	}, reduce)
}

// onEach folds events of type T into each document that ids names.
func onEach[T any](ids func(journal.Record, T) []string, reduce func(*view.Document, journal.Record, T)) rule {
	return rule{
		typ: reflect.TypeFor[T](),
		ids: func(r journal.Record) []string { return ids(r, r.Event.(T)) }, // found by its type
		reduce: func(d *view.Document, r journal.Record) error {
			reduce(d, r, r.Event.(T)) // found by its type
			return nil
		},
	}
}

// first says that no earlier event touched the document that the rule's event names last.
func (r rule) first() rule {
	r.begins = true
	return r
}

// after says that an event is an error where the document is missing.
func (r rule) after(missing error) rule {
	reduce := r.reduce
	r.reduce = func(d *view.Document, rec journal.Record) error {
		if d.Deleted {
			return missing
		}
		return reduce(d, rec)
	}
	return r
}

// ignore lists the types of events that a view has nothing to say about. Every type has a rule in every view.
func ignore(events ...any) []rule {
	out := make([]rule, len(events))
	for i, e := range events {
		out[i] = rule{typ: reflect.TypeOf(e)}
	}
	return out
}

// declare makes a view of its schema and its rules, one for each type of event.
func declare(schema view.Schema, ignored []rule, rules ...rule) Declaration {
	byType := make(map[reflect.Type]rule, len(ignored)+len(rules))
	d, begins := Declaration{Schema: schema}, false
	for _, r := range append(ignored, rules...) {
		byType[r.typ] = r
		d.Types = append(d.Types, r.typ)
		begins = begins || r.begins
	}
	d.Touches = func(r journal.Record) []string {
		if one := byType[reflect.TypeOf(r.Event)]; one.ids != nil {
			return one.ids(r)
		}
		return nil
	}
	if begins {
		d.Begins = func(r journal.Record) string {
			if one := byType[reflect.TypeOf(r.Event)]; one.begins {
				if ids := one.ids(r); len(ids) > 0 {
					return ids[len(ids)-1]
				}
			}
			return ""
		}
	}
	d.Reduce = func(doc *view.Document, r journal.Record) error {
		one := byType[reflect.TypeOf(r.Event)]
		if one.reduce == nil {
			return fmt.Errorf("view %s has no rule for %s", schema.Name, r.Type)
		}
		return one.reduce(doc, r)
	}
	return d
}
