package consumers

import (
	"context"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/leases"
)

// Consumer reads the log from its own checkpoint on. Name, Checkpoint and Handle are required; every other part may be nil
// or empty. A runner calls one function at a time, except Condition, Stored and Skipped.
type Consumer struct {
	// Name is unique within a runner.
	Name string
	// PartOf names what the consumer is a part of, such as the view of a partition.
	PartOf string

	// Checkpoint is where the consumer stands; zero at the beginning. It is asked at the start and whenever the log is to be
	// read again. It may take long, as when a view is filled first.
	Checkpoint func(ctx context.Context) (journal.Checkpoint, error)
	// Handle processes a page, in order. When it returns nil, its effects are stored together with page.Checkpoint; a page
	// can come again, and one without records only moves the checkpoint. ctx ends when the runner closes.
	//
	// An *EventError blames one event; an error that wraps ErrUnusable, what the consumer stored; one that wraps ErrMoved
	// asks for the log to be read again from the current checkpoint. Any other error is temporary, and the page is tried
	// again without limit.
	Handle func(ctx context.Context, page journal.Page) error
	// Recover lets the consumer go on when its checkpoint is of another log or what it stored is unusable: from the
	// beginning, or at the head. Without it the consumer stops.
	Recover func(ctx context.Context, why error) error
	// Skipped reports whether an operator let the consumer go on past the event at which it has stopped. It is then handed
	// that event again, and has to deal with it.
	Skipped func(ctx context.Context, event domain.EventID) (bool, error)

	// Searchable returns once readers see everything up to the checkpoint.
	Searchable func(ctx context.Context) error
	// Stored is the consumer's checkpoint, asked of its store without running the consumer here.
	Stored func(ctx context.Context) (journal.Checkpoint, error)
	// Condition overrides the runner's own state and reason, as while a view is rebuilt; "" does not.
	Condition func() (State, string)
	// OnMove gets a function to call when the checkpoint changed by itself: another process exchanged what is stored, or a
	// reader found it damaged. The log is then read from the new checkpoint.
	OnMove func(again func())

	// Lease is the lease under which one of several processes runs the consumer. A runner without leases ignores it.
	Lease string
	// Begin gets the lease before the checkpoint is asked for, and is tried again while it fails. End comes after the last
	// page, before the lease is released or after it was lost. Between End and Begin nothing else is called.
	Begin func(ctx context.Context, lease *leases.Lease) error
	End   func(ctx context.Context)
}

// State is the condition of a consumer.
type State string

// States.
const (
	Running    State = "running"    // at the head, or on the way there
	Waiting    State = "waiting"    // it cannot go on yet, and tries again by itself
	Stopped    State = "stopped"    // it does not go on by itself
	Rebuilding State = "rebuilding" // what it stores is being rebuilt
	Elsewhere  State = "elsewhere"  // another process works on it
)
