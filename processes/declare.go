package processes

import (
	"reflect"
	"strings"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
)

// rule is what the list does with one type of event. It depends only on the event, so all processes have the same list.
type rule struct {
	typ    reflect.Type
	change func(domain.Fact) (change, bool) // nil: the list ignores the type
}

// on changes the entry that an event of type T is about; false changes nothing.
func on[T any](do func(domain.Fact, T) (change, bool)) rule {
	return rule{reflect.TypeFor[T](), func(f domain.Fact) (change, bool) {
		return do(f, f.Event.(T)) // found by its type
	}}
}

// onStream changes the entry named by the event's stream.
func onStream[T any](k kind, do func(domain.Fact, T) change) rule {
	return on(func(f domain.Fact, e T) (change, bool) {
		_, text, _ := strings.Cut(f.Stream, "-")
		id, err := uuid.Parse(text)
		if err != nil {
			return change{}, false
		}
		c := do(f, e)
		c.kind, c.id = k, id
		return c, true
	})
}

// dueAt is a change to an entry that is due at a time.
func dueAt(at time.Time) change { return change{due: at} }

// dueSoon is independent of time: what was started must be finished. It leaves the process that started it a moment.
func dueSoon(f domain.Fact) change { return change{due: f.At.Add(patience), soon: true} }

// soon is dueSoon for every event of type T.
func soon[T any](f domain.Fact, _ T) change { return dueSoon(f) }

// never removes the entry.
func never[T any](domain.Fact, T) change { return change{} }

// ignore lists the types of events that set no deadline. Every type has a rule.
func ignore(events ...any) []rule {
	out := make([]rule, len(events))
	for i, e := range events {
		out[i] = rule{typ: reflect.TypeOf(e)}
	}
	return out
}

// declaration is the list as a projection of the log.
type declaration struct {
	types   []reflect.Type
	ignored []reflect.Type // of types, but for the one that the clock reads
	byType  map[reflect.Type]rule
}

func declare(ignored []rule, rules ...rule) declaration {
	d := declaration{byType: make(map[reflect.Type]rule, len(ignored)+len(rules))}
	for _, r := range append(ignored, rules...) {
		d.byType[r.typ] = r
		d.types = append(d.types, r.typ)
		if r.change == nil && r.typ != reflect.TypeFor[domain.ClockConfirmed]() {
			d.ignored = append(d.ignored, r.typ)
		}
	}
	return d
}

// change is an event's effect on the list; false: none.
func (d declaration) change(f domain.Fact) (change, bool) {
	if r := d.byType[reflect.TypeOf(f.Event)]; r.change != nil {
		return r.change(f)
	}
	return change{}, false
}

// Types lists the types of events that the list has a rule for.
func Types() []reflect.Type { return deadlines().types }
