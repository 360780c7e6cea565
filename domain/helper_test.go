package domain_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
)

var noon = time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC)

// apply applies events, one a minute, as a stream would hold them.
func apply(t *testing.T, state interface{ Apply(domain.Fact) error }, at time.Time, events ...any) {
	t.Helper()
	first := int64(0)
	if a, ok := state.(*domain.Account); ok {
		first = a.Version + 1
	}
	for i, e := range events {
		f := domain.Fact{ID: domain.EventID{UUID: uuid.New()}, Stream: "stream", Version: first + int64(i), Event: e,
			Metadata: domain.Metadata{At: at.Add(time.Duration(i) * time.Minute), Region: "DE"}}
		if err := state.Apply(f); err != nil {
			t.Fatal(err)
		}
	}
}

// opened is an account whose owner has a capacity.
func opened(t *testing.T, c domain.Capacity) *domain.Account {
	t.Helper()
	a := domain.NewAccount(domain.AccountID{UUID: uuid.New()})
	apply(t, a, noon.Add(-48*time.Hour), domain.AccountOpened{Rules: domain.Rules{Region: "DE", Version: 1}, Capacity: c})
	return a
}

func sameEvents(t *testing.T, got []any, want ...any) {
	t.Helper()
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("events are %#v, want %#v", got, want)
	}
}
