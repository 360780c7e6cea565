package commands_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// What is done to a service is in force at once, in this process and in another one.
func TestServicesEnd(t *testing.T) {
	w := newWorld(t)
	operator := domain.Operator(1000)
	added := do(w, w.AddService, operator, commands.AddService{Name: "maps", Allowed: []domain.Allowance{weather}})
	w.service("rides")
	elsewhere := &world{t: t, clock: w.clock, store: w.store, vault: w.vault, deps: w.deps}
	elsewhere.restart()
	good := func(key commands.Token, number int) {
		t.Helper()
		for _, menu := range []*commands.Menu{w.Menu, elsewhere.Menu} {
			c, err := menu.Authenticate(t.Context(), key)
			if err != nil || c.Service != added.Service || c.Key != number {
				t.Errorf("a valid key: %+v, %v", c, err)
			}
		}
	}
	bad := func(key commands.Token) {
		t.Helper()
		for _, menu := range []*commands.Menu{w.Menu, elsewhere.Menu} {
			if _, err := menu.Authenticate(t.Context(), key); !errors.Is(err, domain.ErrServiceKey) {
				t.Errorf("a key that has ended: %v", err)
			}
		}
	}
	ask := func(key commands.Token, want error) {
		t.Helper()
		for _, menu := range []*commands.Menu{w.Menu, elsewhere.Menu} {
			c, err := menu.Authenticate(t.Context(), key)
			if err != nil {
				t.Error(err)
				continue
			}
			about := commands.DecideAccess{Permission: weather.Permission, Purpose: weather.Purpose}
			if _, err := menu.DecideAccess(t.Context(), request(c), about); !errors.Is(err, want) {
				t.Errorf("asked: %v, want %v", err, want)
			}
		}
	}
	maps := commands.OfService{Service: "maps"}
	good(added.Key, 1)
	var second commands.ServiceAdded
	w.appended([]string{"service.key_added.v1"}, func() { second = do(w, w.AddServiceKey, operator, maps) })
	good(added.Key, 1)
	good(second.Key, 2)
	if second.Number != 2 || second.Key == added.Key {
		t.Errorf("the second key: %+v", second)
	}
	refused(w, w.AddServiceKey, operator, maps, domain.ErrServiceKeys)
	ask(second.Key, nil)
	w.appended([]string{"service.key_ended.v1"}, func() {
		do(w, w.EndServiceKey, operator, commands.EndServiceKey{Service: "maps", Key: 1})
		do(w, w.EndServiceKey, operator, commands.EndServiceKey{Service: "maps", Key: 1})
	})
	bad(added.Key)
	good(second.Key, 2)
	refused(w, w.EndServiceKey, operator, commands.EndServiceKey{Service: "maps", Key: 9}, domain.ErrNoServiceKey)

	w.appended([]string{"service.suspended.v1"}, func() { do(w, w.SuspendService, operator, maps) })
	ask(second.Key, domain.ErrSuspended)
	w.appended([]string{"service.resumed.v1"}, func() { do(w, w.ResumeService, operator, maps) })
	ask(second.Key, nil)
	do(w, w.AllowService, operator, commands.AllowService{Service: "maps", Allowed: []domain.Allowance{{Permission: "location", Purpose: "navigation"}}})
	ask(second.Key, domain.ErrOutsideKey)
	refused(w, w.RenameService, operator, commands.RenameService{Service: "maps", Name: "rides"}, domain.ErrSlugTaken)
	if s := do(w, w.RenameService, operator, commands.RenameService{Service: "maps", Name: "roads"}); s.Name != "roads" || s.ID != added.Service {
		t.Errorf("renamed: %+v", s)
	}
	refused(w, w.AddService, operator, commands.AddService{Name: "maps", Allowed: []domain.Allowance{weather}}, domain.ErrSlugTaken)

	w.appended([]string{"service.ended.v1"}, func() { do(w, w.EndService, operator, maps) }) // by a former name
	bad(second.Key)
	refused(w, w.ResumeService, operator, maps, domain.ErrServiceEnded)
	refused(w, w.SuspendService, operator, commands.OfService{Service: "nobody"}, domain.ErrNoService)
	all := do(w, w.ListServices, operator, struct{}{})
	if len(all) != 2 || all[0].State != domain.ServiceStopped || all[1].State != domain.ServiceActive || len(all[0].Keys) != 2 ||
		slices.ContainsFunc(all[0].Keys, func(k domain.ServiceKey) bool { return k.Created.IsZero() || k.Ended.IsZero() }) {
		t.Errorf("listed: %+v", all)
	}
	w.unique()
}

// A key that is changed for another under load refuses nobody.
func TestAKeyIsChangedUnderLoad(t *testing.T) {
	w := newWorld(t)
	operator := domain.Operator(1000)
	first := do(w, w.AddService, operator, commands.AddService{Name: "maps", Allowed: []domain.Allowance{weather}})
	var key commands.Token
	var mu sync.RWMutex
	use := func() {
		mu.RLock()
		defer mu.RUnlock()
		c, err := w.Authenticate(t.Context(), key)
		if err == nil {
			_, err = w.DecideAccess(t.Context(), request(c), commands.DecideAccess{Permission: weather.Permission, Purpose: weather.Purpose})
		}
		if err != nil {
			t.Error(err)
		}
	}
	key = first.Key
	var all sync.WaitGroup
	changed := make(chan struct{})
	for range 4 {
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-changed:
					if n > 10 {
						return
					}
				default:
				}
				use()
			}
		})
	}
	for number := 1; number <= 5; number++ {
		next := do(w, w.AddServiceKey, operator, commands.OfService{Service: "maps"})
		mu.Lock() // the service takes the new key, and finishes what it asks with the old one
		key = next.Key
		mu.Unlock()
		do(w, w.EndServiceKey, operator, commands.EndServiceKey{Service: "maps", Key: number})
	}
	close(changed)
	all.Wait()
}

// A key is given once more to who repeats the request within ten minutes, and it is the same.
func TestAKeyIsRepeated(t *testing.T) {
	w := newWorld(t)
	do(w, w.AddService, domain.Operator(1000), commands.AddService{Name: "maps", Allowed: []domain.Allowance{weather}})
	var keys []commands.ServiceAdded
	r := keyed(domain.Operator(1000), "rotate")
	w.appended([]string{"service.key_added.v1"}, func() {
		for range 2 {
			a, err := w.AddServiceKey(t.Context(), r, commands.OfService{Service: "maps"})
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, a.Value)
		}
	})
	if keys[0] != keys[1] || keys[0].Number != 2 {
		t.Error("another key")
	}
	w.clock.forward(11 * time.Minute)
	if _, err := w.AddServiceKey(t.Context(), r, commands.OfService{Service: "maps"}); !errors.Is(err, domain.ErrRepeatLate) {
		t.Errorf("later: %v", err)
	}
}
