package operate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"accountledger/commands"
	"accountledger/consumers"
	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections"
	"accountledger/projections/runner"
)

// EventSkip is an event that a view should skip, or everything if no view is named.
type EventSkip struct {
	View  string `json:"view,omitzero"`
	Event string `json:"event"`
	// Reason is in the operator's words, about nobody. It is sealed in the log.
	Reason string `json:"reason"`
}

// SkippedEvent is an event that an operator had a view skip, or everything if no view is named.
type SkippedEvent struct {
	View  string    `json:"view,omitzero"`
	Event string    `json:"event"`
	At    time.Time `json:"at"`
	UID   int       `json:"uid"` // of the system's user who asked for it
	// Reason is given by ListSkips alone.
	Reason string `json:"reason,omitzero"`
	// Already: it was skipped before, and nothing was done.
	Already bool `json:"already,omitzero"`
}

var (
	errNoView  = &domain.Error{Kind: domain.NotFound, Code: "view_unknown", Message: "There is no view by that name. status lists them among the consumers."}
	errEventID = &domain.Error{Kind: domain.Invalid, Code: "invalid_event",
		Message: "This is not an event's id. status shows the one at which a view has stopped.", Field: "/event"}
	errNoEvent    = &domain.Error{Kind: domain.NotFound, Code: "event_unknown", Message: "The log has no event of this id."}
	errDigestible = &domain.Error{Kind: domain.Conflict, Code: "event_digestible",
		Message: "The view can digest this event and has not stopped at it. Only an event that a view cannot digest is skipped."}
)

// SkipEvent records that a view skips an event: one at which it has stopped in this process, or that this program cannot fold
// into it. Finding that out may mean folding the log up to the event, which is reported as progress. Repeating it is harmless.
var SkipEvent = &Operation[EventSkip, SkippedEvent]{
	Info: Info{Name: "skip", Progress: true, Records: RecordedFirst, As: domain.OpReplaySkip},
	views: func(in EventSkip) []string {
		if in.View == "" {
			return nil
		}
		return []string{in.View}
	},
	check: func(_ context.Context, _ *Ledger, in EventSkip) error {
		if _, ok := domain.ParseID(in.Event); !ok {
			return errEventID
		}
		_, err := domain.ParseOperatorReason(in.Reason)
		return err
	},
	do: skipEvent,
}

func skipEvent(ctx context.Context, o *call, in EventSkip) (SkippedEvent, error) {
	id, _ := domain.ParseID(in.Event) // checked
	event := domain.EventID{UUID: id}
	before, err := o.Skipped(ctx)
	if err != nil {
		return SkippedEvent{}, err
	}
	for _, s := range before {
		if s.View == in.View && s.Event == event.String() {
			s.Already = true
			return s, nil
		}
	}
	if err := o.undigested(ctx, in.View, event); err != nil {
		return SkippedEvent{}, err
	}
	a, err := o.Menu.SkipEvent(ctx, o.request("skipEvent"), commands.SkipEvent{View: domain.ViewName(in.View), Event: event, Reason: in.Reason})
	if err != nil {
		return SkippedEvent{}, err
	}
	return skippedOf(a.Value), nil
}

// undigested is nil when a view has stopped at an event, or cannot digest it, or nobody can read it where no view is named.
func (o *call) undigested(ctx context.Context, name string, event domain.EventID) error {
	if name == "" {
		return o.unreadable(ctx, event)
	}
	if o.Runner != nil && slices.Contains(o.Runner.StoppedAt(name), event) {
		return nil
	}
	all := projections.All()
	at := slices.IndexFunc(all, func(d projections.Declaration) bool { return d.Name == name })
	err := runner.Trial(ctx, o.Journal, &all[at], event, func(done, total int64) {
		o.progress(Progress{View: name, Done: done, Total: total, Unit: "events"})
	})
	var fault *consumers.EventError
	var unreadable *runner.UnreadableError
	switch {
	case err == nil:
		return errDigestible
	case errors.Is(err, runner.ErrNoEvent):
		return errNoEvent
	case errors.As(err, &unreadable):
		return &domain.Error{Kind: domain.Unavailable, Code: "log_newer", Cause: err,
			Message: "A newer program wrote an event before this one. Views wait there for that program; such an event is not skipped."}
	case !errors.As(err, &fault):
		return err
	case fault.Event != event:
		return &domain.Error{Kind: domain.Conflict, Code: "event_before", Cause: err,
			Message: fmt.Sprintf("The view does not come to this event: it cannot digest event %s before it. Skip that one first.", fault.Event)}
	}
	return nil
}

// ListSkips lists every event that was skipped, the oldest first, with the reasons.
var ListSkips = &Operation[None, []SkippedEvent]{
	Info: Info{Name: "skips", Records: RecordedFirst, As: domain.OpReplaySkip},
	do:   listSkips,
}

func listSkips(ctx context.Context, o *call, _ None) ([]SkippedEvent, error) {
	facts, err := o.Views.Skips().All(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]SkippedEvent, len(facts))
	for i, f := range facts {
		out[i] = skippedOf(f)
		e := f.Event.(domain.EventSkipped) // skips are of this type
		reason, err := journal.Open(ctx, o.Journal, f, e.Reason)
		if err != nil && !errors.Is(err, journal.ErrUnreadable) {
			return nil, err
		}
		out[i].Reason = reason.Text
	}
	return out, nil
}

// Skipped lists all skips without their reasons.
func (l *Ledger) Skipped(ctx context.Context) ([]SkippedEvent, error) {
	facts, err := l.Views.Skips().All(ctx)
	out := make([]SkippedEvent, len(facts))
	for i, f := range facts {
		out[i] = skippedOf(f)
	}
	return out, err
}

func skippedOf(f domain.Fact) SkippedEvent {
	e := f.Event.(domain.EventSkipped) // skips are of this type
	return SkippedEvent{View: string(e.View), Event: e.Event.String(), At: f.At, UID: e.UID}
}
