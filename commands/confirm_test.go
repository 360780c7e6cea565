package commands_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync/atomic"
	"testing"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore"
)

// behind is a store whose reads of accounts lack the last event, as those of a leader that was deposed and does not
// know, while confirmed reads have everything, or cannot be had.
type behind struct {
	eventstore.Store
	lags    atomic.Bool
	nowhere atomic.Bool
	appends atomic.Int64 // to streams of accesses
}

func (s *behind) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	if strings.HasPrefix(stream, "access-") {
		s.appends.Add(1)
	}
	return s.Store.Append(ctx, stream, expected, events...)
}

func (s *behind) ReadStream(ctx context.Context, stream string, d eventstore.Direction, from int64) iter.Seq2[eventstore.Recorded, error] {
	all := s.Store.ReadStream(ctx, stream, d, from)
	if !s.lags.Load() || !strings.HasPrefix(stream, "account-") {
		return all
	}
	return func(yield func(eventstore.Recorded, error) bool) {
		var held *eventstore.Recorded
		for e, err := range all {
			if held != nil && !yield(*held, nil) || err != nil && !yield(e, err) {
				return
			}
			held = &e
		}
	}
}

func (s *behind) ReadStreamSince(ctx context.Context, since eventstore.Position, stream string, from int64) iter.Seq2[eventstore.Recorded, error] {
	if s.nowhere.Load() {
		return func(yield func(eventstore.Recorded, error) bool) {
			yield(eventstore.Recorded{}, eventstore.ErrUnavailable)
		}
	}
	if head, err := s.Head(ctx); err != nil || since.IsZero() || since.Compare(head.Position) > 0 {
		return func(yield func(eventstore.Recorded, error) bool) {
			yield(eventstore.Recorded{}, errors.New("no append stands there"))
		}
	}
	return s.Store.ReadStream(ctx, stream, eventstore.Forwards, from)
}

// A decision that rested on an account as it was is corrected on the record, and the service hears the correction alone.
func TestDecisionConfirmed(t *testing.T) {
	w := newWorld(t)
	person, service, set := w.person(ada), w.service("weather-app"), w.grant()
	store := &behind{Store: w.store}
	ask := commands.DecideAccess{Account: person.Account, Permission: weather.Permission, Purpose: weather.Purpose}
	granted := do(w, w.SetPermission, person, set)
	do(w, w.SetPermission, person, withdrawal())
	w.start(store, w.vault) // nothing is in memory
	store.lags.Store(true)
	var got commands.AccessDecision
	w.appended([]string{"access.decided.v1", "access.corrected.v1"}, func() { got = do(w, w.DecideAccess, service, ask) })
	all := w.log()
	first, second := all[len(all)-2], all[len(all)-1]
	wrong, right := first.Event.(domain.AccessDecided), second.Event.(domain.AccessCorrected)
	if got.Outcome != domain.Denied || got.ID != second.ID || !got.At.Equal(second.At) {
		t.Errorf("answered %+v", got)
	}
	if wrong.Outcome != domain.Allowed || wrong.Grant != granted.Event || right.Corrects != first.ID || right.Outcome != domain.Denied ||
		right.Reason != domain.ReasonWithdrawn || !right.Grant.IsZero() || right.AccountVersion != wrong.AccountVersion+1 || second.Subject != person.Account {
		t.Errorf("recorded %+v, then %+v", wrong, right)
	}
	w.unique()

	// What moved and changes nothing needs no correction.
	store.lags.Store(false)
	do(w, w.LinkDevice, person, domain.LinkDevice{Kind: "watch", Model: "Model 3", Name: "Ada's watch"})
	w.start(store, w.vault)
	store.lags.Store(true)
	w.appended([]string{"access.decided.v1"}, func() {
		if got := do(w, w.DecideAccess, service, ask); got.Outcome != domain.Denied {
			t.Errorf("answered %+v", got)
		}
	})

	// What cannot be confirmed is not answered.
	store.nowhere.Store(true)
	refused(w, w.DecideAccess, service, ask, domain.ErrUnavailable)
}

// Records and their corrections are gathered, many an append, as ever.
func TestManyDecisionsConfirmed(t *testing.T) {
	w := newWorld(t)
	person, service := w.person(ada), w.service("weather-app")
	do(w, w.SetPermission, person, w.grant())
	do(w, w.SetPermission, person, withdrawal())
	store := &behind{Store: w.store}
	w.start(store, w.vault)
	store.lags.Store(true)
	ask := commands.DecideAccess{Account: person.Account, Permission: weather.Permission, Purpose: weather.Purpose}
	for _, d := range many(w, w.DecideAccess, request(service), ask) {
		if d.Outcome != domain.Denied {
			t.Errorf("answered %+v", d)
		}
	}
	if n := store.appends.Load(); n > 150 {
		t.Errorf("%d appends for 200 decisions and their corrections", n)
	}
}
