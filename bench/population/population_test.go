package population_test

import (
	"path/filepath"
	"testing"
	"time"

	"accountledger/bench/population"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/journal"
	"accountledger/simulate"
	"accountledger/vault"
	vaultsqlite "accountledger/vault/sqlite"
)

// TestThePeopleAreThoseOfTheSimulation: who verifies a sign-up there has an account here, and no one else; all events can be read.
func TestThePeopleAreThoseOfTheSimulation(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	log, err := embedded.Open(embedded.Options{Dir: filepath.Join(dir, "log"), ReserveBytes: -1})
	must(err)
	t.Cleanup(func() { must(log.Close()) })
	master, err := vault.CreateMasterKey(filepath.Join(dir, "master.key"))
	must(err)
	keys, err := vaultsqlite.Open(t.Context(), filepath.Join(dir, "vault"), master, vaultsqlite.Options{})
	must(err)
	t.Cleanup(func() { must(keys.Close()) })
	registry, err := journal.NewRegistry(journal.Types(), journal.Upcasters(), journal.PartUpcasters())
	must(err)
	j := journal.New(log, registry, keys)
	const seed = 5
	o := population.Options{People: 200, Seed: seed, Writers: 4, Begin: time.Date(2026, 1, 5, 6, 0, 0, 0, time.UTC)}
	sum, err := population.Grow(t.Context(), j, o)
	must(err)
	accounts, events := map[domain.AccountID]bool{}, int64(0)
	kinds := map[string]int{}
	for page, err := range j.Pages(t.Context(), eventstore.Checkpoint{}, 512) {
		must(err)
		must(page.Waits)
		for _, r := range page.Records {
			events++
			kinds[r.Type]++
			if _, ok := r.Event.(domain.AccountOpened); ok {
				accounts[r.Metadata.Subject] = true
			}
		}
	}
	everybody, proven := simulate.NewPopulation(seed, "bench", o.Begin), 0
	for n := range o.People {
		proves := everybody.Person(n).Funnel == simulate.Proves
		if proves {
			proven++
		}
		if accounts[population.Account(seed, n)] != proves {
			t.Errorf("person %d: verifies %v, has an account %v", n, proves, !proves)
		}
	}
	if int(sum.Accounts) != proven || len(accounts) != proven || sum.Events != events {
		t.Errorf("%+v; %d verify, %d accounts, %d events: %v", sum, proven, len(accounts), events, kinds)
	}
	if people := simulate.SignUps(proven); people < 190 || people > 210 {
		t.Errorf("for %d accounts %d people", proven, people)
	}
	for _, kind := range []string{"session.started", "device.linked", "permission.granted", "permission.withdrawn", "access.decided", "sign_up.lapsed"} {
		if kinds[kind+".v1"] == 0 {
			t.Errorf("there is no %s among %v", kind, kinds)
		}
	}
}
