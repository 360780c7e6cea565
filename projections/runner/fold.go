package runner

import (
	"context"
	"errors"

	"accountledger/consumers"
	"accountledger/journal"
	"accountledger/projections/view"
)

// Declaration is a view over the events of the ledger.
type Declaration = view.Declaration[journal.Record]

// folding is documents between their loading and their writing.
type folding struct {
	declaration *Declaration
	generation  view.Generation
	// part is the partition whose documents are folded, everyPart for all of them; parts is how many there are.
	part, parts int
	// remembered keeps documents over many pages, and known tells ids that were surely never stored; both only
	// while a generation is filled.
	remembered *memory
	known      *known
	limits     limits
	// skips tells past which events the view is to go on although they cannot be folded; nil: past none.
	skips *consumers.Skips
	// past says that it went past an event that it could not digest because an operator skipped it.
	past bool

	docs    map[string]*view.Document // as they are now; nil where there is none
	changed map[string]*view.Document
	begun   map[string]bool // of which nothing can be stored
	held    int64           // about what docs takes, in bytes
	undo    []before
}

// touch is what one record touches here.
type touch struct {
	ids    []string
	begins string // one of ids, "" when none
}

// before is a document as it was before the event under way.
type before struct {
	id      string
	doc     *view.Document
	changed *view.Document
}

// everyPart folds all documents, and keeps its checkpoint as the first partition's.
const everyPart = -1

func newFolding(d *Declaration, g view.Generation, part, parts int) *folding {
	return &folding{declaration: d, generation: g, part: part, parts: parts, limits: fastest(), docs: map[string]*view.Document{},
		changed: map[string]*view.Document{}, begun: map[string]bool{}}
}

// fold folds records into documents. A *consumers.EventError names the record at fault; those before it are folded.
func (f *folding) fold(ctx context.Context, records []journal.Record) error {
	touched, fault := f.touched(ctx, records)
	var at *consumers.EventError
	if fault != nil && !errors.As(fault, &at) {
		return fault
	}
	if err := f.load(ctx, touched); err != nil {
		return err
	}
	for i := range touched {
		if err := f.apply(ctx, i, &records[i], touched[i].ids); err != nil {
			return err
		}
	}
	return fault
}

// touched gives what each record touches, up to the first that panics: that is a *consumers.EventError. A skipped one
// that panics touches nothing.
func (f *folding) touched(ctx context.Context, records []journal.Record) ([]touch, error) {
	all := make([]touch, 0, len(records))
	for {
		var err error
		if all, err = f.touch(all, records); err == nil {
			return all, nil
		}
		n := len(all)
		skipped, asked := f.skipped(ctx, &records[n])
		switch {
		case asked != nil:
			return nil, asked
		case !skipped:
			return all, consumers.Blame(n, &records[n], err)
		}
		all = append(all, touch{})
	}
}

// touch adds what the other records touch.
func (f *folding) touch(done []touch, records []journal.Record) (all []touch, err error) {
	all = done
	defer consumers.Guard(&err)
	for i := len(done); i < len(records); i++ {
		t := touch{ids: f.ours(f.declaration.Touches(records[i]))}
		if len(t.ids) > 0 && f.declaration.Begins != nil {
			t.begins = f.declaration.Begins(records[i])
		}
		all = append(all, t)
	}
	return all, nil
}

// skipped says whether the view is to go on past an event that it cannot digest. It is asked for none that it can.
func (f *folding) skipped(ctx context.Context, r *journal.Record) (bool, error) {
	if f.skips == nil {
		return false, nil
	}
	has, err := f.skips.Has(ctx, f.declaration.Name, r.ID)
	f.past = f.past || has
	return has, err
}

// ours gives those of the documents that are folded here.
func (f *folding) ours(ids []string) []string {
	if f.part == everyPart || f.parts == 1 {
		return ids
	}
	var ours []string
	for _, id := range ids {
		if consumers.PartitionOf(id, f.parts) == f.part {
			ours = append(ours, id)
		}
	}
	return ours
}

// load reads what is stored of the documents that are not at hand, all in one go.
func (f *folding) load(ctx context.Context, touched []touch) error {
	var missing []string
	for _, t := range touched {
		for _, id := range t.ids {
			if _, ok := f.docs[id]; ok {
				continue
			}
			d, ok := f.remembered.get(id)
			f.docs[id] = d
			f.held += sizeOf(d)
			switch {
			case ok:
			case id == t.begins:
				f.begun[id] = true
			case f.known.maybe(id):
				missing = append(missing, id)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	found, err := f.generation.Load(ctx, missing)
	if err != nil {
		for _, id := range missing {
			delete(f.docs, id)
		}
		return err
	}
	for i, id := range missing {
		f.docs[id] = found[i]
		f.held += sizeOf(found[i])
	}
	return nil
}

// apply folds one event into all the documents it touches, or into none. One that was skipped is folded into each of them
// that it can be folded into, and leaves the others as they are: so that the documents come out the same however the work
// on them is shared. n is the record's place in its page.
func (f *folding) apply(ctx context.Context, n int, r *journal.Record, ids []string) error {
	err := f.applyAll(r, ids)
	if err == nil {
		return nil
	}
	skipped, asked := f.skipped(ctx, r)
	switch {
	case asked != nil:
		return asked
	case !skipped:
		return consumers.Blame(n, r, err)
	}
	for i := range ids {
		_ = f.applyAll(r, ids[i:i+1]) // it stays as it was where the event cannot be folded into it
	}
	return nil
}

func (f *folding) applyAll(r *journal.Record, ids []string) (err error) {
	f.undo = f.undo[:0]
	defer func() {
		if err != nil {
			for i := len(f.undo) - 1; i >= 0; i-- {
				f.restore(f.undo[i])
			}
		}
	}()
	defer consumers.Guard(&err)
	for _, id := range ids {
		was := f.docs[id]
		next, err := f.declaration.Fold(was, id, r.Position.Int64(), *r)
		if err != nil {
			return err
		}
		if next == was {
			continue
		}
		f.undo = append(f.undo, before{id, was, f.changed[id]})
		f.docs[id], f.changed[id] = next, next
		f.held += sizeOf(next) - sizeOf(was)
	}
	return nil
}

func (f *folding) restore(b before) {
	f.held += sizeOf(b.doc) - sizeOf(f.docs[b.id])
	f.docs[b.id] = b.doc
	if b.changed == nil {
		delete(f.changed, b.id)
	} else {
		f.changed[b.id] = b.changed
	}
}

// write stores what has changed, and the checkpoint with it. Afterwards nothing is at hand but what is remembered.
func (f *folding) write(ctx context.Context, at journal.Checkpoint) error {
	batch := f.batch()
	var err error
	if batch.Checkpoint, err = f.checkpoint(at); err != nil {
		return err
	}
	if err := f.generation.Write(ctx, batch); err != nil {
		return err
	}
	f.remember()
	f.empty()
	return nil
}

// empty lets go of what is at hand.
func (f *folding) empty() {
	clear(f.docs)
	clear(f.changed)
	clear(f.begun)
	f.held = 0
}

// batch gives what has changed, what is new first.
func (f *folding) batch() view.Batch {
	b := view.Batch{Partition: max(f.part, 0), Documents: make([]*view.Document, 0, len(f.changed))}
	for id := range f.begun {
		if d := f.changed[id]; d != nil {
			b.Documents = append(b.Documents, d)
		}
	}
	b.New = len(b.Documents)
	for id, d := range f.changed {
		if !f.begun[id] {
			b.Documents = append(b.Documents, d)
		}
	}
	return b
}

func (f *folding) remember() {
	for id := range f.changed {
		f.known.add(id)
	}
	if f.remembered == nil {
		return
	}
	for id, d := range f.docs {
		if d != nil {
			f.remembered.put(id, d)
		}
	}
}
