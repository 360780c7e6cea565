package commands

import (
	"context"

	"accountledger/domain"
	"accountledger/journal"
)

// records is a stream of which only the end is read, and under an Idempotency-Key what the command appended before: of what operators
// and the ledger itself did, on which no decision rests.
type records struct {
	name string
	end  func(ctx context.Context, stream string) (journal.Head, error)
	by   *call
}

var _ source[unfolded] = records{}

// unfolded is the state of records.
type unfolded struct{}

// Apply does nothing.
func (unfolded) Apply(domain.Fact) error { return nil }

// Fork does nothing.
func (u unfolded) Fork() unfolded { return u }

func (r records) called() string { return r.name }

func (r records) read(ctx context.Context) (*snapshot[unfolded], error) {
	head, err := r.end(ctx, r.name)
	s := &snapshot[unfolded]{head: head}
	if err != nil || !r.by.keyed {
		return s, err
	}
	s.kept = &repeats{}
	for rec, err := range r.by.Journal.ReadableBack(ctx, r.name) {
		if err != nil {
			return nil, err
		}
		if rec.Command == r.by.command { // a command appends one record
			s.kept.note(rec)
			break
		}
	}
	return s, nil
}

func (r records) empty() *snapshot[unfolded] {
	return &snapshot[unfolded]{head: journal.NoStream(r.name)}
}

func (r records) extend(from *snapshot[unfolded], _ journal.Committed) (*snapshot[unfolded], error) {
	return from, nil
}

// operations are operators' commands. They are recorded even after events that cannot be read.
func (k *call) operations(stream string) records { return records{stream, k.Journal.EndOf, k} }

// note appends an event whenever the command is carried out. Only a repeat under an Idempotency-Key, of any process, finds it recorded.
func (k *call) note(ctx context.Context, in records, event any) (domain.Fact, error) {
	out, err := change[unfolded]{stream: in, decide: func(context.Context, unfolded, journal.Head) ([]any, error) { return []any{event}, nil }}.by(ctx, k)
	if err != nil {
		return domain.Fact{}, err
	}
	return out.facts[0], nil
}
