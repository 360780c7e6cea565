package commands

import (
	"context"

	"accountledger/domain"
	"accountledger/journal"
)

// records is a stream of which only the end is read: of what operators and the ledger itself did, on which no decision rests.
type records struct {
	name string
	end  func(ctx context.Context, stream string) (journal.Head, error)
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
	return &snapshot[unfolded]{head: head}, err
}

func (r records) empty() *snapshot[unfolded] {
	return &snapshot[unfolded]{head: journal.NoStream(r.name)}
}

func (r records) extend(from *snapshot[unfolded], _ journal.Committed) (*snapshot[unfolded], error) {
	return from, nil
}

// operations are operators' commands. They are recorded even after events that cannot be read.
func (c *core) operations(stream string) records { return records{stream, c.Journal.EndOf} }

// note appends an event that is recorded whenever the command is carried out, also when it is repeated.
func (k *call) note(ctx context.Context, in records, event any) (domain.Fact, error) {
	out, err := change[unfolded]{stream: in, decide: func(context.Context, unfolded, journal.Head) ([]any, error) { return []any{event}, nil }}.by(ctx, k)
	if err != nil {
		return domain.Fact{}, err
	}
	return out.facts[0], nil
}
