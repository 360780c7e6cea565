package commands_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/journal"
)

func entry(at time.Time, event any) journal.Entry {
	return journal.Entry{ID: domain.EventID{UUID: uuid.New()}, Metadata: entryAt(at), Event: event}
}

// lastAccess is the record made last.
func (w *world) lastAccess() domain.Fact {
	w.t.Helper()
	var last domain.Fact
	for _, f := range w.log() {
		if len(f.Stream) > 7 && f.Stream[:7] == "access-" {
			last = f
		}
	}
	return last
}

// All that is not allowed is denied alike; the record says why, and there is one for each.
func TestDecisions(t *testing.T) {
	w := newWorld(t)
	w.deps.Config.Grace = time.Hour
	w.restart()
	service, set := w.service("weather-app"), w.grant()
	people := map[domain.AccessReason]domain.AccountID{domain.ReasonUnknown: {UUID: uuid.New()}}
	for _, reason := range []domain.AccessReason{domain.ReasonGranted, domain.ReasonNever, domain.ReasonWithdrawn, domain.ReasonClosing, domain.ReasonErased} {
		c := w.person(string(reason) + "@example.com")
		people[reason] = c.Account
		if reason != domain.ReasonNever {
			do(w, w.SetPermission, c, set)
		}
		switch reason {
		case domain.ReasonWithdrawn:
			do(w, w.SetPermission, c, withdrawal())
		case domain.ReasonErased, domain.ReasonClosing:
			do(w, w.RequestErasure, c, commands.RequestErasure{})
		default: // nothing more happens
		}
		if reason == domain.ReasonErased {
			w.clock.forward(time.Hour)
			do(w, w.SettleErasure, domain.System(), commands.SettleErasure{Account: c.Account})
		}
	}
	in := signUpOf("young@example.com")
	in.BirthMonth = "2012-01"
	s := do(w, w.SignUp, domain.Guest(), in)
	young, err := w.check(s, w.message(s, 1).Code)
	if err != nil {
		t.Fatal(err)
	}
	people[domain.ReasonCapacity] = young.Account
	for reason, id := range people {
		var got commands.AccessDecision
		w.appended([]string{"access.decided.v1"}, func() {
			got = do(w, w.DecideAccess, service, commands.DecideAccess{Account: id, Permission: weather.Permission, Purpose: weather.Purpose})
		})
		want := domain.Denied
		if reason == domain.ReasonGranted {
			want = domain.Allowed
		}
		f := w.lastAccess()
		e := f.Event.(domain.AccessDecided)
		if got.Outcome != want || got.ID != f.ID || !got.At.Equal(f.At) || e.Reason != reason || e.Outcome != want || f.Subject != id ||
			e.Service != service.Service ||
			(e.AccountVersion == -1) != (reason == domain.ReasonUnknown) || e.Grant.IsZero() != (want == domain.Denied) || f.Actor.Kind != domain.ActorService {
			t.Errorf("%s: answered %s, recorded %+v", reason, got.Outcome, e)
		}
	}
	w.appended(nil, func() {
		for _, a := range []domain.Allowance{{}, {Permission: "location", Purpose: "navigation"}, {Permission: "teleport", Purpose: "weather"}} {
			refused(w, w.DecideAccess, service, commands.DecideAccess{Account: people[domain.ReasonGranted], Permission: a.Permission, Purpose: a.Purpose},
				domain.ErrOutsideKey)
		}
	})
	w.unique()
}

// accessFails is a store that takes no records of access.
type accessFails struct {
	eventstore.Store
	err error
}

func (s accessFails) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	if len(stream) > 7 && stream[:7] == "access-" {
		return eventstore.Appended{}, s.err
	}
	return s.Store.Append(ctx, stream, expected, events...)
}

// What cannot be recorded is not answered.
func TestNoRecordNoAnswer(t *testing.T) {
	w := newWorld(t)
	person, service, officer := w.person(ada), w.service("weather-app"), w.officer("grace@example.com", domain.RoleCompliance)
	do(w, w.SetPermission, person, w.grant())
	why := commands.Why{Purpose: domain.LookAudit, Case: "DSR-1"}
	for want, err := range map[*domain.Error]error{domain.ErrUnavailable: eventstore.ErrReadOnly, domain.ErrInternal: errors.New("anything else")} {
		w.start(accessFails{w.store, err}, w.vault)
		d, got := w.DecideAccess(t.Context(), request(service),
			commands.DecideAccess{Account: person.Account, Permission: weather.Permission, Purpose: weather.Purpose})
		if !errors.Is(got, want) || d.Value.Outcome == domain.Allowed {
			t.Errorf("a decision: %s, %v", d.Value.Outcome, got)
		}
		r, got := w.Reveal(t.Context(), request(officer), commands.Reveal{Why: why, Account: person.Account, Parts: []domain.RevealedPart{domain.RevealEmail}})
		if !errors.Is(got, want) || len(r.Value.Emails) > 0 {
			t.Errorf("a reveal: %v", got)
		}
		l, got := w.LookUp(t.Context(), request(officer), commands.LookUp{Why: why, Email: ada})
		if !errors.Is(got, want) || l.Value.Found {
			t.Errorf("a look-up: %v", got)
		}
		refused(w, w.RecordQuery, officer, commands.RecordQuery{View: "accounts"}, want)
	}
	w.restart()
	do(w, w.RecordQuery, officer, commands.RecordQuery{View: "accounts"})
}

// Records that come together are appended together; a repeat under one key is a look of its own, and nobody's record
// is in the way of another's.
func TestManyRecordsAtOnce(t *testing.T) {
	w := newWorld(t)
	person, service := w.person(ada), w.service("weather-app")
	ask := commands.DecideAccess{Account: person.Account, Permission: weather.Permission, Purpose: weather.Purpose}
	r := keyed(service, "decide")
	ids := map[domain.EventID]bool{}
	for _, d := range many(w, w.DecideAccess, r, ask) {
		ids[d.ID] = true
	}
	for _, d := range many(w, w.DecideAccess, request(service), ask) {
		ids[d.ID] = true
	}
	recorded := 0
	for _, f := range w.log() {
		if f.Type == "access.decided.v1" && ids[f.ID] {
			recorded++
		}
	}
	if len(ids) != 400 || recorded != 400 {
		t.Errorf("%d answers, %d records", len(ids), recorded)
	}
	w.unique()
	w.clock.forward(24 * time.Hour) // another day, another stream
	do(w, w.DecideAccess, service, ask)
	if f := w.lastAccess(); f.Version != 0 {
		t.Errorf("the next day's first record is version %d", f.Version)
	}
}

// The request that appends for others is not held up by those that come after it.
func TestNobodyWaitsForLaterRecords(t *testing.T) {
	w := newWorld(t)
	person, service := w.person(ada), w.service("weather-app")
	ask := commands.DecideAccess{Account: person.Account, Permission: weather.Permission, Purpose: weather.Purpose}
	var answered sync.WaitGroup
	stop := make(chan struct{})
	var all sync.WaitGroup
	answered.Add(4)
	for range 4 {
		all.Go(func() { // each of them goes on asking until all have been answered once more than the others began
			for n := 0; ; n++ {
				if _, err := w.DecideAccess(t.Context(), request(service), ask); err != nil {
					t.Error(err)
				}
				if n == 20 {
					answered.Done()
				}
				select {
				case <-stop:
					if n >= 20 {
						return
					}
				default:
				}
			}
		})
	}
	answered.Wait()
	close(stop)
	all.Wait()
}

func TestLookUp(t *testing.T) {
	w := newWorld(t)
	id, officer := w.account(ada), w.officer("grace@example.com", domain.RoleCompliance)
	why := commands.Why{Purpose: domain.LookLegalOrder, Case: "DSR-2026-0042"}
	w.appended([]string{"access.looked_up.v1"}, func() {
		if got := do(w, w.LookUp, officer, commands.LookUp{Why: why, Email: " ADA@example.com"}); !got.Found || got.Account != id {
			t.Errorf("%+v", got)
		}
	})
	f := w.lastAccess()
	if e := f.Event.(domain.AccessLookedUp); !e.Found || f.Subject != id || f.Purpose != why.Purpose || f.Case != why.Case ||
		f.Actor.ID.UUID != officer.Staff.UUID {
		t.Errorf("recorded %+v", f)
	}
	w.appended([]string{"access.looked_up.v1"}, func() {
		if got := do(w, w.LookUp, officer, commands.LookUp{Why: why, Email: "nobody@example.com"}); got.Found || !got.Account.IsZero() {
			t.Errorf("%+v", got)
		}
	})
	w.appended(nil, func() {
		refused(w, w.LookUp, officer, commands.LookUp{Why: why, Email: "nobody"}, domain.ErrEmail)
		refused(w, w.LookUp, officer, commands.LookUp{Why: commands.Why{Purpose: "curiosity", Case: why.Case}, Email: ada}, domain.ErrLookPurpose)
		refused(w, w.LookUp, officer, commands.LookUp{Why: commands.Why{Purpose: why.Purpose, Case: "ada"}, Email: ada}, domain.ErrCase)
	})
}

func TestReveal(t *testing.T) {
	w := newWorld(t)
	w.deps.Config.Grace = 0
	w.restart()
	person, officer := w.person(ada), w.officer("grace@example.com", domain.RoleCompliance)
	do(w, w.LinkDevice, person, domain.LinkDevice{Kind: "watch", Model: "Model 3", Name: "Ada's watch"})
	why := commands.Why{Purpose: domain.LookSubjectRequest, Case: "DSR-1"}
	reveal := func(parts ...domain.RevealedPart) commands.Reveal {
		return commands.Reveal{Why: why, Account: person.Account, Parts: parts}
	}
	w.appended([]string{"access.revealed.v1"}, func() {
		got := do(w, w.Reveal, officer, reveal(domain.RevealEmail))
		if fmt.Sprint(got.Emails) != "["+ada+"]" || got.BirthMonth != "" || len(got.Devices) > 0 || len(got.Clients) > 0 || got.Record != w.lastAccess().ID {
			t.Error("not the part that was asked for alone")
		}
	})
	if got := do(w, w.Reveal, officer, reveal(domain.RevealNames)); len(got.Emails) > 0 || got.Devices[0].Name != "Ada's watch" || got.Devices[0].Model != "" {
		t.Error("not the names alone")
	}
	got := do(w, w.Reveal, officer, reveal(domain.RevealBirth, domain.RevealModels, domain.RevealClients))
	if got.BirthMonth != "1990-05" || got.Devices[0].Model != "Model 3" || got.Devices[0].Name != "" || len(got.Clients) != 1 ||
		got.Clients[0].Client.Address != "192.0.2.7" {
		t.Error("not the parts that were asked for")
	}
	w.appended(nil, func() {
		refused(w, w.Reveal, officer, reveal(), domain.ErrPart)
		refused(w, w.Reveal, officer, reveal("password"), domain.ErrPart)
		refused(w, w.Reveal, officer, reveal(make([]domain.RevealedPart, 100_000)...), domain.ErrPart)
		bad := reveal(domain.RevealEmail)
		bad.Case = ""
		refused(w, w.Reveal, officer, bad, domain.ErrCase)
	})
	unknown := reveal(domain.RevealEmail)
	unknown.Account = domain.AccountID{UUID: uuid.New()}
	w.appended([]string{"access.revealed.v1"}, func() { refused(w, w.Reveal, officer, unknown, domain.ErrNotFound) })
	do(w, w.RequestErasure, person, commands.RequestErasure{})
	do(w, w.SettleErasure, domain.System(), commands.SettleErasure{Account: person.Account})
	w.appended([]string{"access.revealed.v1"}, func() { refused(w, w.Reveal, officer, reveal(domain.RevealEmail), domain.ErrNotFound) })
}

func TestRecordQuery(t *testing.T) {
	w := newWorld(t)
	officer := w.officer("grace@example.com", domain.RoleAnalyst)
	first := do(w, w.RecordQuery, officer, commands.RecordQuery{View: "daily", Query: []byte("q"), Rows: 3})
	one := w.lastAccess().Event.(domain.AccessQueried)
	do(w, w.RecordQuery, officer, commands.RecordQuery{View: "daily", Query: []byte("q"), Rows: 3})
	same := w.lastAccess().Event.(domain.AccessQueried)
	do(w, w.RecordQuery, officer, commands.RecordQuery{View: "daily", Query: []byte("r"), Rows: 3})
	other := w.lastAccess().Event.(domain.AccessQueried)
	if first.IsZero() || one.Fingerprint != same.Fingerprint || one.Fingerprint == other.Fingerprint || one.Rows != 3 || one.View != "daily" {
		t.Errorf("%+v, %+v, %+v", one, same, other)
	}
	w.restart() // the question comes from what is stored
	if asked, err := journal.Open(t.Context(), w.journal, w.lastAccess(), w.lastAccess().Event.(domain.AccessQueried).Question); err != nil || asked.Query != "r" {
		t.Errorf("the question is not kept: %v", err)
	}
	w.appended(nil, func() { refused(w, w.RecordQuery, officer, commands.RecordQuery{View: "Ada's"}, domain.ErrNotFound) })
}
