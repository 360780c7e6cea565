package journal_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// aggregates are the states that decisions are taken on, each of the events of one kind of stream.
func aggregates() map[string]func() interface{ Apply(domain.Fact) error } {
	type state = interface{ Apply(domain.Fact) error }
	return map[string]func() state{
		"account":      func() state { return domain.NewAccount(domain.AccountID{}) },
		"attempts":     func() state { return &domain.Attempts{} },
		"clients":      func() state { return &domain.Clients{} },
		"controllers":  func() state { return &domain.Controllers{} },
		"claim":        func() state { return &domain.Claim{} },
		"delivery":     func() state { return &domain.Delivery{} },
		"factor":       func() state { return domain.NewFactorUses() },
		"missed":       func() state { return &domain.Missed{} },
		"notices":      func() state { return &domain.Notices{} },
		"party":        func() state { return &domain.Relying{} },
		"recovery":     func() state { return &domain.Recovery{} },
		"services":     func() state { return domain.NewServices() },
		"sessions":     func() state { return &domain.Sessions{} },
		"sign-in":      func() state { return &domain.SignIn{} },
		"sign-up":      func() state { return &domain.SignUp{} },
		"staff":        func() state { return domain.NewStaff() },
		"verification": func() state { return &domain.Verification{} },
	}
}

// records are the types that no decision rests on: what was looked at, and what operators did.
func records(event any) bool {
	switch event.(type) {
	case domain.AccessDecided, domain.AccessCorrected, domain.AccessRevealed, domain.AccessLookedUp, domain.AccessQueried, domain.AccessQuestionRevealed,
		domain.OperationPerformed, domain.LimitsChanged, domain.EventSkipped, domain.ClockConfirmed, domain.LedgerRestored, domain.LedgerImported:
		return true
	}
	return false
}

// Every type of event is taken by exactly one aggregate, or is a record that none takes.
func TestEveryTypeBelongsToOneAggregate(t *testing.T) {
	for _, typ := range journal.Types() {
		event := samples()[typ.Name()]
		var by []string
		for name, zero := range aggregates() {
			if apply(zero(), domain.Fact{Type: typ.Name(), Event: event, Metadata: sampleMetadata()}) == nil {
				by = append(by, name)
			}
		}
		if want := map[bool]int{true: 0, false: 1}[records(event)]; len(by) != want {
			t.Errorf("%s is taken by %v, wanted %d", typ.Name(), by, want)
		}
	}
}

func apply(to interface{ Apply(domain.Fact) error }, f domain.Fact) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return to.Apply(f)
}

// Applying an event to a fork leaves the state that it was forked from as it was.
func TestForksAreApart(t *testing.T) {
	for name, zero := range aggregates() {
		var facts []domain.Fact
		for _, typ := range journal.Types() {
			f := domain.Fact{Type: typ.Name(), Event: samples()[typ.Name()], Metadata: sampleMetadata()}
			if apply(zero(), f) == nil {
				facts = append(facts, f, f) // twice: the second one replaces what the first one added
			}
		}
		fold := func(n int) interface{ Apply(domain.Fact) error } {
			s := zero()
			for i, f := range facts[:n] {
				f.Version = int64(i)
				if err := s.Apply(f); err != nil {
					t.Fatal(err)
				}
			}
			return s
		}
		if !reflect.ValueOf(zero()).MethodByName("Fork").IsValid() {
			if name != "delivery" && name != "verification" { // nobody shares these
				t.Errorf("%s cannot be forked", name)
			}
			continue
		}
		fork := func(s any) interface{ Apply(domain.Fact) error } {
			return reflect.ValueOf(s).MethodByName("Fork").Call(nil)[0].Interface().(interface{ Apply(domain.Fact) error })
		}
		for n := range len(facts) + 1 {
			before, want := fold(n), fold(n)
			for _, f := range facts {
				f.Version, f.At = 100, f.At.Add(48*time.Hour)
				first, second := fork(before), fork(before)
				if err := first.Apply(f); err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(before, want) || !reflect.DeepEqual(fork(second), fork(want)) {
					t.Fatalf("%s after %d events: a fork's %s is seen elsewhere", name, n, f.Type)
				}
			}
		}
	}
}
