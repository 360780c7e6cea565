package commands_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore"
)

// silentStore appends one batch of accesses and says that it could not.
type silentStore struct {
	eventstore.Store
	silent atomic.Bool
}

func (s *silentStore) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	done, err := s.Store.Append(ctx, stream, expected, events...)
	if err == nil && strings.HasPrefix(stream, "access-") && s.silent.Swap(false) {
		return eventstore.Appended{}, eventstore.ErrUnavailable
	}
	return done, err
}

// Looks are recorded after an append that nobody knows the end of, on a new day, and on a day that a clock goes back to.
func TestAccessesFindTheirEnd(t *testing.T) {
	w := newWorld(t)
	store := &silentStore{Store: w.store}
	w.start(store, w.vault)
	ask := commands.DecideAccess{Account: w.person(ada).Account, Permission: weather.Permission, Purpose: weather.Purpose}
	service := w.service("weather-app")
	for _, move := range []time.Duration{0, 24 * time.Hour, -24 * time.Hour, 24 * time.Hour} {
		w.clock.forward(move)
		w.appended([]string{"access.decided.v1"}, func() { do(w, w.DecideAccess, service, ask) })
		store.silent.Store(true)
		w.appended([]string{"access.decided.v1"}, func() { refused(w, w.DecideAccess, service, ask, domain.ErrUnavailable) })
		w.appended([]string{"access.decided.v1"}, func() { do(w, w.DecideAccess, service, ask) })
	}
}
