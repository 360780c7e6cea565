package commands_test

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
)

// shared is the log of several processes: a ledger of its own on the server that ACCOUNTLEDGER_TEST_ESDB names, else on the
// test server.
func shared(t *testing.T) esdb.Options {
	t.Helper()
	o := esdb.Options{Connection: os.Getenv("ACCOUNTLEDGER_TEST_ESDB"), Prefix: "test-" + uuid.NewString() + "/"}
	if o.Connection == "" {
		o.Connection = esdbtest.Start(t, esdbtest.Options{}).Connection()
	}
	return o
}

// process is one of several on one log and one vault: those of a world, but with a connection, a menu and a memory of its own.
func (w *world) process(o esdb.Options) *world {
	w.t.Helper()
	store, err := esdb.Open(o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := store.Close(); err != nil {
			w.t.Error(err)
		}
	})
	p := &world{t: w.t, clock: w.clock, store: store, vault: w.vault, deps: w.deps}
	p.start(store, w.vault)
	return p
}

// A withdrawal that one process has answered is never missed by a decision that another one is asked for.
func TestWithdrawnElsewhere(t *testing.T) {
	rounds, people := 10_000, 8
	if testing.Short() || underRace {
		rounds = 1000
	}
	w, server := newWorld(t), shared(t)
	processes := []*world{w.process(server), w.process(server)}
	one := processes[0]
	one.system(one.PublishNotices)
	service, set := one.service("weather-app"), one.grant()
	var all sync.WaitGroup
	for n := range people {
		person := one.person(fmt.Sprintf("person%d@example.com", n))
		ask := commands.DecideAccess{Account: person.Account, Permission: weather.Permission, Purpose: weather.Purpose}
		all.Go(func() {
			for round := range rounds / people {
				here, there := processes[round%2], processes[1-round%2]
				_, err := here.SetPermission(t.Context(), request(person), set)
				if err == nil {
					_, err = here.SetPermission(t.Context(), request(person), withdrawal())
				}
				var d commands.Answer[commands.AccessDecision]
				if err == nil {
					d, err = there.DecideAccess(t.Context(), request(service), ask)
				}
				if err != nil || d.Value.Outcome != domain.Denied {
					t.Errorf("round %d: %s, %v", round, d.Value.Outcome, err)
					return
				}
			}
			if _, err := one.SetPermission(t.Context(), request(person), set); err != nil {
				t.Error(err)
			}
			if d, err := processes[1].DecideAccess(t.Context(), request(service), ask); err != nil || d.Value.Outcome != domain.Allowed {
				t.Errorf("granted in the end: %s, %v", d.Value.Outcome, err)
			}
		})
	}
	all.Wait()
}

// A session that one process has ended is refused by another at once.
func TestSessionEndedElsewhere(t *testing.T) {
	w, server := newWorld(t), shared(t)
	here, there := w.process(server), w.process(server)
	here.system(here.PublishNotices)
	here.account(ada)
	for round := range 6 {
		caller, in := here.session(ada)
		if _, err := there.Authenticate(t.Context(), in.Token); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if round%2 == 0 {
			do(here, here.EndSession, caller, commands.EndSession{ID: caller.Session})
		} else {
			do(here, here.SignOutEverywhere, caller, struct{}{})
		}
		if _, err := there.Authenticate(t.Context(), in.Token); !errors.Is(err, domain.ErrSession) {
			t.Fatalf("round %d: %v", round, err)
		}
	}
}

// A process stays with a leader that was deposed and does not know. What it reads there is old; what it answers is not.
func TestDecisionByADeposedLeader(t *testing.T) {
	w := newWorld(t)
	c := esdbtest.Start(t, esdbtest.Options{Nodes: 2})
	here := w.process(esdb.Options{Connection: c.Connection(), CallTimeout: 100 * time.Millisecond})
	here.system(here.PublishNotices)
	person, service := here.person(ada), here.service("weather-app")
	do(here, here.SetPermission, person, here.grant())
	ask := commands.DecideAccess{Account: person.Account, Permission: weather.Permission, Purpose: weather.Purpose}
	if d := do(here, here.DecideAccess, service, ask); d.Outcome != domain.Allowed {
		t.Fatalf("answered %+v", d)
	}

	c.Depose(1)
	there := w.process(esdb.Options{Connection: c.Connection()})
	do(there, there.SetPermission, person, withdrawal())
	before := len(there.log())
	d := do(here, here.DecideAccess, service, ask)
	if d.Outcome != domain.Denied {
		t.Fatalf("a withdrawal was answered before the question came, and the answer is %s", d.Outcome)
	}
	added := there.log()[before:]
	if len(added) != 2 || added[1].ID != d.ID {
		t.Fatalf("%d records", len(added))
	}
	wrong, right := added[0].Event.(domain.AccessDecided), added[1].Event.(domain.AccessCorrected)
	if wrong.Outcome != domain.Allowed || right.Corrects != added[0].ID || right.Reason != domain.ReasonWithdrawn {
		t.Errorf("recorded %+v, then %+v", wrong, right)
	}
	there.appended([]string{"access.decided.v1"}, func() {
		if d := do(here, here.DecideAccess, service, ask); d.Outcome != domain.Denied {
			t.Errorf("answered %+v", d)
		}
	})
}
