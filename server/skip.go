package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"accountledger/commands"
	"accountledger/consumers"
	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections"
	"accountledger/projections/runner"
)

// EventSkip is an event that a view is to go on past, or without a view everything.
type EventSkip struct {
	View  string `json:"view,omitzero"`
	Event string `json:"event"`
	// Reason is in the operator's words, about nobody. It is sealed in the log.
	Reason string `json:"reason"`
}

// SkippedEvent is an event that an operator let a view go on past, or without a view everything.
type SkippedEvent struct {
	View  string    `json:"view,omitzero"`
	Event string    `json:"event"`
	At    time.Time `json:"at"`
	UID   int       `json:"uid"` // of the system's user who asked for it
	// Reason is told by Skips alone.
	Reason string `json:"reason,omitzero"`
	// Already says that it was skipped before, and nothing was done.
	Already bool `json:"already,omitzero"`
}

var (
	errNoView     = &domain.Error{Kind: domain.NotFound, Code: "view_unknown", Message: "There is no view by that name. status lists them among the consumers."}
	errEventID    = &domain.Error{Kind: domain.Invalid, Code: "invalid_event", Message: "This is not an event's id. status shows the one at which a view has stopped.", Field: "/event"}
	errNoEvent    = &domain.Error{Kind: domain.NotFound, Code: "event_unknown", Message: "The log has no event of this id."}
	errDigestible = &domain.Error{Kind: domain.Conflict, Code: "event_digestible",
		Message: "The view can digest this event and has not stopped at it. Only an event that a view cannot digest is skipped."}
)

// Skip records that a view is to go on past an event: one at which it has stopped in this process, or that this program
// cannot fold into it. To find that out it may have to fold the log up to the event, of which progress is told.
func (o operator) Skip(ctx context.Context, in EventSkip, progress func(Progress)) (SkippedEvent, error) {
	id, ok := domain.ParseID(in.Event)
	if !ok {
		return SkippedEvent{}, errEventID
	}
	if _, err := domain.ParseOperatorReason(in.Reason); err != nil {
		return SkippedEvent{}, err
	}
	because, err := o.recordSkip(ctx, in.View)
	if err != nil {
		return SkippedEvent{}, err
	}
	event := domain.EventID{UUID: id}
	before, err := o.skipsOf(ctx)
	if err != nil {
		return SkippedEvent{}, err
	}
	for _, s := range before {
		if s.View == in.View && s.Event == event.String() {
			s.Already = true
			return s, nil
		}
	}
	if err := o.undigested(ctx, in.View, event, progress); err != nil {
		return SkippedEvent{}, err
	}
	a, err := o.menu.SkipEvent(ctx, o.request("skipEvent", because), commands.SkipEvent{View: domain.ViewName(in.View), Event: event, Reason: in.Reason})
	if err != nil {
		return SkippedEvent{}, err
	}
	return skippedOf(a.Value), nil
}

// recordSkip records the command, behind whatever cannot be read among those before it.
func (o operator) recordSkip(ctx context.Context, view string) (domain.EventID, error) {
	if view == "" {
		return o.record(ctx, domain.OpReplaySkip)
	}
	return o.recordAsked(ctx, domain.OpReplaySkip, view)
}

// recordAsked records a command on one view, and gives its event.
func (o operator) recordAsked(ctx context.Context, op domain.Operation, view string) (domain.EventID, error) {
	if _, ok := o.Schema(view); !ok {
		return domain.EventID{}, errNoView
	}
	return o.record(ctx, op, domain.ViewName(view))
}

// undigested is nil when a view has stopped at an event, or cannot digest it, or nobody can read it where no view is named.
func (o operator) undigested(ctx context.Context, name string, event domain.EventID, progress func(Progress)) error {
	if name == "" {
		return o.unreadable(ctx, event, progress)
	}
	if o.runner != nil && slices.Contains(o.runner.StoppedAt(name), event) {
		return nil
	}
	all := projections.All()
	at := slices.IndexFunc(all, func(d projections.Declaration) bool { return d.Name == name })
	err := runner.Trial(ctx, o.journal, &all[at], event, func(done, total int64) {
		progress(Progress{View: name, Done: done, Total: total, Unit: "events"})
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

// Skips tells of every event that was skipped, the oldest first, with the reasons.
func (o operator) Skips(ctx context.Context) ([]SkippedEvent, error) {
	if _, err := o.record(ctx, domain.OpReplaySkip); err != nil {
		return nil, err
	}
	facts, err := o.views.Skips().All(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]SkippedEvent, len(facts))
	for i, f := range facts {
		out[i] = skippedOf(f)
		e := f.Event.(domain.EventSkipped) //nolint:forcetypeassert // skips are of this type
		reason, err := journal.Open(ctx, o.journal, f, e.Reason)
		if err != nil && !errors.Is(err, journal.ErrUnreadable) {
			return nil, err
		}
		out[i].Reason = reason.Text
	}
	return out, nil
}

// skipsOf gives all skips without their reasons.
func (s *Server) skipsOf(ctx context.Context) ([]SkippedEvent, error) {
	facts, err := s.views.Skips().All(ctx)
	out := make([]SkippedEvent, len(facts))
	for i, f := range facts {
		out[i] = skippedOf(f)
	}
	return out, err
}

func skippedOf(f domain.Fact) SkippedEvent {
	e := f.Event.(domain.EventSkipped) //nolint:forcetypeassert // skips are of this type
	return SkippedEvent{View: string(e.View), Event: e.Event.String(), At: f.At, UID: e.UID}
}

func handleSkip(s *Server, mux *http.ServeMux) {
	handle(s, mux, "skip", func(ctx context.Context, o operator, in EventSkip, progress func(Progress)) (SkippedEvent, error) {
		return o.Skip(ctx, in, progress)
	})
	handle(s, mux, "skips", func(ctx context.Context, o operator, _ struct{}, _ func(Progress)) ([]SkippedEvent, error) {
		return o.Skips(ctx)
	})
}

func (r *remote) Skip(ctx context.Context, in EventSkip, progress func(Progress)) (SkippedEvent, error) {
	return ask[SkippedEvent](ctx, r, "skip", in, progress)
}

func (r *remote) Skips(ctx context.Context) ([]SkippedEvent, error) {
	return ask[[]SkippedEvent](ctx, r, "skips", struct{}{}, nil)
}
