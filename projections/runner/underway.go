package runner

import (
	"context"
	"slices"

	"accountledger/journal"
)

// Why says what a view is filled for.
type Why string

// Why views are filled.
const (
	Making     Why = "making"     // it had no generation that could answer
	Rebuild    Why = "rebuild"    // an operator asked for another generation
	Comparison Why = "comparison" // it is compared with what the log says
)

// Underway is a view that is being filled in this process, or waits for its turn.
type Underway struct {
	View string
	Why  Why
	// Done of Total are dealt with since the filling was begun or gone on with, in the log's unit. A view whose last events
	// are dealt with may still be made ready for queries.
	Done, Total int64
}

// run is one call of Each.
type run struct {
	why Why
	all []*Filling
}

func (b *Budget) enter(why Why, all []*Filling) *run {
	r := &run{why: why, all: all}
	if b != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.underway = append(b.underway, r)
	}
	return r
}

func (b *Budget) leave(r *run) {
	if b != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.underway = slices.DeleteFunc(b.underway, func(other *run) bool { return other == r })
	}
}

// Underway tells of all views that are filled within the budget, those that ended beside others that have not among them. A
// nil budget knows of none.
func (b *Budget) Underway() []Underway {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []Underway
	for _, r := range b.underway {
		for _, f := range r.all {
			u := Underway{View: f.folding.declaration.Name, Why: r.why}
			u.Done, u.Total = f.Progress()
			all = append(all, u)
		}
	}
	return all
}

// measure finds out how much there is to fold, so that those that wait for their turn count in the progress; where it cannot
// be found out, Fill says why.
func measure(ctx context.Context, j *journal.Journal, all []*Filling) {
	head, err := j.Head(ctx)
	if err != nil {
		return
	}
	for _, f := range all {
		if total, _, err := j.Distance(ctx, f.at.Position, head.Position); err == nil {
			f.total.Store(f.done.Load() + total)
		}
	}
}
