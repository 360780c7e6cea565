package vault

import (
	"slices"
	"sync"
)

// derivations holds what was derived from a key, and is dropped with the key.
type derivations struct {
	mu sync.Mutex
	// gone: the key has left its cache; nothing more is kept here.
	gone bool
	// made holds what has this as its first key, by label and the ids of the other keys.
	made map[string]derived
	// partOf are the first keys of what this one is also part of.
	partOf map[*derivations]struct{}
}

type derived struct {
	value  any
	others []*derivations
}

// Derive returns what was derived earlier from these keys, in their order, under a label, or derives it.
// A label stands for one type T.
//
// The result is kept while all of the keys are in their vault's cache, and dropped with
// the first that leaves it: so what is derived from a destroyed key leaves the process's memory when the
// key does. Nothing is kept for keys that are no longer in a cache.
func Derive[T any](label string, keys []*Key, produce func() (T, error)) (T, error) {
	first := keys[0].derivations
	if first == nil {
		return produce()
	}
	var space [96]byte
	id := append(space[:0], label...)
	for _, k := range keys[1:] {
		id = append(id, k.ID[:]...)
	}
	first.mu.Lock()
	d, ok := first.made[string(id)]
	first.mu.Unlock()
	if v, fits := d.value.(T); ok && fits {
		return v, nil
	}
	v, err := produce()
	if err == nil {
		first.keep(string(id), v, keys[1:])
	}
	return v, err
}

// keep stores what was derived, unless one of the keys is gone.
func (d *derivations) keep(id string, value any, others []*Key) {
	e := derived{value: value}
	for _, k := range others {
		if k.derivations == nil {
			return
		}
		e.others = append(e.others, k.derivations)
	}
	d.mu.Lock()
	if d.gone {
		d.mu.Unlock()
		return
	}
	if d.made == nil {
		d.made = map[string]derived{}
	}
	d.made[id] = e
	d.mu.Unlock()
	for _, other := range e.others {
		if !other.join(d) {
			d.dropWhatNeeds(other)
		}
	}
	if d.isGone() { // in the meantime, and it may have missed keys joined later
		for _, other := range e.others {
			other.leave(d)
		}
	}
}

// join records that first holds something derived from this key; false if the key is gone.
func (d *derivations) join(first *derivations) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gone {
		return false
	}
	if d.partOf == nil {
		d.partOf = map[*derivations]struct{}{}
	}
	d.partOf[first] = struct{}{}
	return true
}

func (d *derivations) leave(first *derivations) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.partOf, first)
}

func (d *derivations) isGone() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.gone
}

func (d *derivations) dropWhatNeeds(other *derivations) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, e := range d.made {
		if slices.Contains(e.others, other) {
			delete(d.made, id)
		}
	}
}

// release drops everything derived from the key. No other lock may be held.
func (k *Key) release() {
	d := k.derivations
	if d == nil {
		return
	}
	d.mu.Lock()
	d.gone = true
	made, partOf := d.made, d.partOf
	d.made, d.partOf = nil, nil
	d.mu.Unlock()
	for _, e := range made {
		for _, other := range e.others {
			other.leave(d)
		}
	}
	for first := range partOf {
		first.dropWhatNeeds(d)
	}
}
