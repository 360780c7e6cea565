package commands_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
)

func TestPermissions(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	all := do(w, w.ListPermissions, c, struct{}{})
	count := 0
	for _, p := range domain.TheCatalogue().Permissions {
		count += len(p.Purposes)
	}
	if len(all.All) != count || all.Tag != "-1" {
		t.Errorf("%d permissions, tag %s", len(all.All), all.Tag)
	}
	for _, p := range all.All {
		if p.State != domain.StateNone || p.Effective {
			t.Errorf("%s for %s is on by default", p.Permission, p.Purpose)
		}
	}
	set := w.grant()
	var granted commands.PermissionSet
	w.appended([]string{"permission.granted.v1"}, func() { granted = do(w, w.SetPermission, c, set) })
	if granted.State != domain.StateGranted || !granted.Effective || granted.Tag == all.Tag {
		t.Errorf("%+v", granted)
	}
	now := do(w, w.ListPermissions, c, struct{}{})
	if now.Tag != granted.Tag {
		t.Errorf("the list has tag %s, the grant %s", now.Tag, granted.Tag)
	}
	for _, p := range now.All {
		want := p.Permission == set.Permission && p.Purpose == set.Purpose
		if p.Effective != want || want && p != granted.PermissionView {
			t.Errorf("%+v", p)
		}
	}
	w.appended([]string{"permission.confirmed.v1"}, func() {
		if again := do(w, w.SetPermission, c, set); again.State != domain.StateGranted || again.Tag == granted.Tag {
			t.Errorf("confirmed: %+v", again)
		}
	})
	w.appended([]string{"permission.withdrawn.v1"}, func() {
		if gone := do(w, w.SetPermission, c, withdrawal()); gone.State != domain.StateWithdrawn || gone.Effective {
			t.Errorf("withdrawn: %+v", gone)
		}
	})
	w.appended(nil, func() {
		refused(w, w.SetPermission, c, domain.SetPermission{Permission: "teleport", Purpose: "weather"}, domain.ErrPermission)
		refused(w, w.SetPermission, c, domain.SetPermission{Permission: "location", Purpose: "research"}, domain.ErrPurpose)
		refused(w, w.SetPermission, c, domain.SetPermission{Permission: "location", Purpose: "weather", Grant: true}, domain.ErrNotice)
		refused(w, w.SetPermission, c, domain.SetPermission{Permission: "location", Purpose: "weather", Grant: true, Notice: domain.EventID{UUID: uuid.New()}},
			domain.ErrNotice)
	})
	proof := func() domain.Fact {
		for _, f := range w.log() {
			if f.Type == "permission.granted.v1" {
				return f
			}
		}
		return domain.Fact{}
	}()
	d := proof.Event.(domain.PermissionGranted)
	if d.Notice != set.Notice || d.NoticeHash == "" || d.Language != "de" || proof.Subject != c.Account || proof.Actor.Kind != domain.ActorPerson ||
		proof.Actor.ID.UUID != c.Account.UUID || proof.Region != "DE" {
		t.Errorf("the grant proves %+v by %+v", d, proof.Actor)
	}
}

func TestIfMatch(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	set := w.grant()
	set.IfMatch = do(w, w.ListPermissions, c, struct{}{}).Tag
	first := do(w, w.SetPermission, c, set)
	w.appended(nil, func() { refused(w, w.SetPermission, c, set, domain.ErrStale) })
	do(w, w.LinkDevice, c, domain.LinkDevice{Kind: "watch", Model: "x", Name: "x"}) // moves the stream, not the tag
	set.IfMatch = first.Tag
	do(w, w.SetPermission, c, set)

	// Of many with one tag exactly one is carried out; without a tag all of them are.
	set.IfMatch = do(w, w.ListPermissions, c, struct{}{}).Tag
	stale := 0
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, err := w.SetPermission(t.Context(), request(c), set)
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, domain.ErrStale) {
				stale++
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if stale != 19 {
		t.Errorf("%d of 20 were stale", stale)
	}
	set.IfMatch = ""
	w.appended([]string{"permission.confirmed.v1", "permission.confirmed.v1", "permission.confirmed.v1"}, func() {
		for range 3 {
			all.Go(func() {
				if _, err := w.SetPermission(t.Context(), request(c), set); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	})
}

// A newer material notice takes the effect of a grant until the person agrees to it; the old text is refused.
func TestANewerNotice(t *testing.T) {
	w := newWorld(t)
	c, service := w.person(ada), w.service("weather-app")
	ask := commands.DecideAccess{Account: c.Account, Permission: weather.Permission, Purpose: weather.Purpose}
	old := w.grant()
	do(w, w.SetPermission, c, old)
	if d := do(w, w.DecideAccess, service, ask); d.Outcome != domain.Allowed {
		t.Fatal(d.Outcome)
	}
	w.publish(2, false)
	if d := do(w, w.DecideAccess, service, ask); d.Outcome != domain.Allowed {
		t.Errorf("after a notice that changes nothing: %s", d.Outcome)
	}
	refused(w, w.SetPermission, c, old, domain.ErrNotice)
	w.publish(3, true)
	if d := do(w, w.DecideAccess, service, ask); d.Outcome != domain.Denied {
		t.Errorf("after a material one: %s", d.Outcome)
	}
	for _, p := range do(w, w.ListPermissions, c, struct{}{}).All {
		if p.Effective {
			t.Errorf("%s for %s still counts", p.Permission, p.Purpose)
		}
	}
	w.appended([]string{"permission.confirmed.v1"}, func() {
		if s := do(w, w.SetPermission, c, w.grant()); !s.Effective {
			t.Error("agreeing to the new one has no effect")
		}
	})
	if d := do(w, w.DecideAccess, service, ask); d.Outcome != domain.Allowed {
		t.Errorf("after agreeing: %s", d.Outcome)
	}
}

// publish appends a notice that a later version of the program would bring.
func (w *world) publish(version int, material bool) {
	w.t.Helper()
	stream := domain.NoticeStream(weather.Permission)
	head, err := w.journal.LastOf(w.t.Context(), stream)
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = w.journal.Append(w.t.Context(), head,
		entry(w.clock.Now(), domain.NoticePublished{Permission: weather.Permission, Version: version, Wording: version, Material: material,
			Language: "en", Controller: "the-operator", Hash: domain.HashText("new"), Text: "new"}))
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestNoticesArePublishedOnce(t *testing.T) {
	w := newWorld(t)
	w.appended(nil, func() { w.system(w.PublishNotices) })
	w.restart()
	w.appended(nil, func() { w.system(w.PublishNotices) })
	for _, e := range do(w, w.Catalogue, domain.Guest(), commands.Catalogue{Language: "fr"}) {
		if e.Current.Event.IsZero() || e.Current.Language != "en" {
			t.Errorf("%s is shown in %q", e.Key, e.Current.Language)
		}
	}
}

// A withdrawal that was answered is never missed by a decision asked for after it, no matter who else decides meanwhile.
func TestNoDecisionMissesAWithdrawal(t *testing.T) {
	w := newWorld(t)
	c, service := w.person(ada), w.service("weather-app")
	set := w.grant()
	ask := commands.DecideAccess{Account: c.Account, Permission: weather.Permission, Purpose: weather.Purpose}
	stop := make(chan struct{})
	var others sync.WaitGroup
	for range 3 {
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if _, err := w.DecideAccess(t.Context(), request(service), ask); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	others.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
				if _, err := w.LinkDevice(t.Context(), request(c), domain.LinkDevice{Kind: "other", Model: "x", Name: "x"}); err != nil &&
					!errors.Is(err, domain.ErrTooMany) {
					t.Error(err)
					return
				}
			}
		}
	})
	for range 60 {
		do(w, w.SetPermission, c, set)
		if d := do(w, w.DecideAccess, service, ask); d.Outcome != domain.Allowed {
			t.Fatal("a grant was missed")
		}
		do(w, w.SetPermission, c, withdrawal())
		if d := do(w, w.DecideAccess, service, ask); d.Outcome != domain.Denied {
			t.Fatal("a withdrawal was missed")
		}
	}
	close(stop)
	others.Wait()
	w.decisionsRest(c.Account)
	w.unique()
}

// decisionsRest checks every recorded decision against the account as it was at the version that the record names.
func (w *world) decisionsRest(id domain.AccountID) {
	w.t.Helper()
	granted := map[int64]bool{}
	state := false
	decisions := 0
	for _, f := range w.log() {
		if f.Stream != domain.AccountStream(id) {
			continue
		}
		switch f.Event.(type) {
		case domain.PermissionGranted:
			state = true
		case domain.PermissionWithdrawn:
			state = false
		}
		granted[f.Version] = state
	}
	for _, f := range w.log() {
		if e, ok := f.Event.(domain.AccessDecided); ok && f.Subject == id {
			decisions++
			if (e.Outcome == domain.Allowed) != granted[e.AccountVersion] {
				w.t.Errorf("decided %s on version %d", e.Outcome, e.AccountVersion)
			}
		}
	}
	if decisions < 120 {
		w.t.Errorf("%d decisions are recorded", decisions)
	}
}

func entryAt(at time.Time) domain.Metadata {
	return domain.Metadata{At: at, Actor: domain.Actor{Kind: domain.ActorSystem}, Channel: domain.ChannelProcess}
}
