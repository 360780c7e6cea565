package commands_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"accountledger/commands"
	"accountledger/domain"
)

// startAs starts a process whose configuration has a controller, as it was before or otherwise.
func (w *world) startAs(by func(*domain.Controller)) error {
	w.t.Helper()
	c := commands.ExampleController()
	by(&c)
	w.deps.Config.Controller = c
	w.restart()
	_, err := w.PublishNotices(w.t.Context(), request(domain.System()), struct{}{})
	return err
}

func unchanged(*domain.Controller)    {}
func newContact(c *domain.Controller) { c.Contact = "data@example.com" }
func anotherOne(c *domain.Controller) { c.ID, c.Name = "globex", "Globex Ltd" }
func operatorOf() domain.Caller       { return domain.Operator(1000) }
func (w *world) count(typ string) (n int) {
	for _, f := range w.log() {
		if f.Type == typ {
			n++
		}
	}
	return n
}

func (w *world) describe(by func(*domain.Controller)) commands.ControllerSet {
	w.t.Helper()
	c := commands.ExampleController()
	by(&c)
	return do(w, w.DescribeController, operatorOf(), c)
}

func (w *world) decides(who, service domain.Caller) domain.Outcome {
	w.t.Helper()
	return do(w, w.DecideAccess, service,
		commands.DecideAccess{Account: who.Account, Permission: weather.Permission, Purpose: weather.Purpose}).Outcome
}

func (w *world) current() commands.Notice {
	w.t.Helper()
	for _, e := range do(w, w.Catalogue, domain.Guest(), commands.Catalogue{Language: "en"}) {
		if e.Key == weather.Permission {
			return e.Current
		}
	}
	return commands.Notice{}
}

// A start with another controller is refused and takes no consent away. Once an operator has put it in force, what was allowed under the
// old one counts no longer, the old notice takes no grant, and going back is another change. Every notice names who is in force.
func TestAnotherController(t *testing.T) {
	w := newWorld(t)
	ada, service := w.person(ada), w.service("weather-app")
	old := w.grant()
	do(w, w.SetPermission, ada, old)

	w.appended(nil, func() {
		if err := w.startAs(anotherOne); !errors.Is(err, domain.ErrOtherController) {
			t.Fatalf("a start with another controller: %v", err)
		}
	})
	if w.decides(ada, service) != domain.Allowed || w.current().By.ID != "development" {
		t.Error("a refused start changed something")
	}

	if set := w.describe(anotherOne); !set.Changed || !set.Material {
		t.Errorf("%+v", set)
	}
	if w.decides(ada, service) != domain.Denied {
		t.Error("what was allowed to the old controller is allowed to the new one")
	}
	if now := w.current(); now.By.Name != "Globex Ltd" || now.Controller != "globex" || !strings.Contains(string(now.Text), "Globex Ltd") || now.Version != 2 {
		t.Errorf("the notice is of %s: %s", now.By.Name, now.Text)
	}
	w.appended(nil, func() { refused(w, w.SetPermission, ada, old, domain.ErrNotice) })
	w.appended([]string{"permission.confirmed.v1"}, func() { do(w, w.SetPermission, ada, w.grant()) })
	if w.decides(ada, service) != domain.Allowed {
		t.Error("agreeing to the new controller has no effect")
	}

	second := w.grant()
	if set := w.describe(unchanged); !set.Changed || !set.Material {
		t.Errorf("going back: %+v", set)
	}
	if now := w.current(); now.By.ID != "development" || strings.Contains(string(now.Text), "Globex") || now.Version != 3 {
		t.Errorf("after going back: %s", now.Text)
	}
	if w.decides(ada, service) != domain.Denied {
		t.Error("what was allowed to the one in between counts")
	}
	refused(w, w.SetPermission, ada, second, domain.ErrNotice)
	refused(w, w.SetPermission, ada, old, domain.ErrNotice)
	w.appended(nil, func() {
		if set := w.describe(unchanged); set.Changed || set.Material {
			t.Errorf("once more: %+v", set)
		}
	})
}

// A new contact is put in force by a start; grants count on, but new ones are on the new notice.
func TestANewContact(t *testing.T) {
	w := newWorld(t)
	ada, service := w.person(ada), w.service("weather-app")
	old := w.grant()
	do(w, w.SetPermission, ada, old)
	if err := w.startAs(newContact); err != nil {
		t.Fatal(err)
	}
	if w.decides(ada, service) != domain.Allowed {
		t.Error("a grant counts no longer")
	}
	if now := w.current(); now.By.Contact != "data@example.com" || !strings.Contains(string(now.Text), "data@example.com") || now.Material || now.Version != 2 {
		t.Errorf("%+v", now)
	}
	refused(w, w.SetPermission, ada, old, domain.ErrNotice)
}

// Processes with different configurations, which start again and again: the newer description stays, and the log does not grow.
func TestProcessesThatDisagree(t *testing.T) {
	w := newWorld(t)
	for _, by := range []func(*domain.Controller){newContact, unchanged, newContact} {
		if err := w.startAs(by); err != nil {
			t.Fatal(err)
		}
	}
	w.appended(nil, func() {
		for _, by := range []func(*domain.Controller){unchanged, newContact, unchanged} {
			if err := w.startAs(by); err != nil {
				t.Fatal(err)
			}
		}
	})
	if w.current().By.Contact != "data@example.com" {
		t.Error("the older configuration is in force")
	}
	if set := w.describe(unchanged); !set.Changed || set.Material { // an operator goes back
		t.Errorf("%+v", set)
	}
	w.appended(nil, func() {
		if err := w.startAs(newContact); err != nil {
			t.Fatal(err)
		}
	})
	if w.current().By.Contact != "privacy@example.com" {
		t.Error("a start undid what an operator said")
	}
}

// Many processes start at once with the same news: it is told once.
func TestStartsAtOnce(t *testing.T) {
	w := newWorld(t)
	w.deps.Config.Controller.Contact = "data@example.com"
	var all sync.WaitGroup
	for range 4 {
		w.restart()
		menu := w.Menu
		all.Go(func() {
			if _, err := menu.PublishNotices(t.Context(), request(domain.System()), struct{}{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	texts := len(domain.TheCatalogue().Permissions) * len(domain.Languages())
	if d, n := w.count("controller.described.v1"), w.count("notice.published.v1"); d != 2 || n != 2*texts {
		t.Errorf("%d descriptions and %d texts, want 2 and %d", d, n, 2*texts)
	}
}

// A crash after the description: the next process that starts completes the notices, and material stays material.
func TestACrashBetweenDescriptionAndNotices(t *testing.T) {
	w := newWorld(t)
	ada, service := w.person(ada), w.service("weather-app")
	do(w, w.SetPermission, ada, w.grant())
	head, err := w.journal.LastOf(t.Context(), domain.ControllerStream)
	if err != nil {
		t.Fatal(err)
	}
	next := commands.ExampleController()
	anotherOne(&next)
	if _, err := w.journal.Append(t.Context(), head, entry(w.clock.Now(), domain.ControllerDescribed{Controller: next, Material: true})); err != nil {
		t.Fatal(err)
	}
	if err := w.startAs(anotherOne); err != nil {
		t.Fatal(err)
	}
	if w.current().By.ID != "globex" || w.decides(ada, service) != domain.Denied {
		t.Errorf("the notices are of %s", w.current().By.ID)
	}
}

// No erasure touches the controller, the notices, or what can be read of them.
func TestErasureLeavesTheControllerAlone(t *testing.T) {
	w := newWorld(t)
	ada := w.person(ada)
	before := w.current()
	do(w, w.SetPermission, ada, w.grant())
	do(w, w.RequestErasure, ada, commands.RequestErasure{})
	w.clock.forward(domain.DefaultGrace)
	do(w, w.SettleErasure, domain.System(), commands.SettleErasure{Account: ada.Account})
	w.restart()
	if again := do(w, w.ReadNotice, domain.Guest(), commands.ReadNotice{ID: before.Event}); again.Text != before.Text || !again.By.Equal(before.By) {
		t.Errorf("%+v", again)
	}
	if err := w.startAs(unchanged); err != nil {
		t.Error(err)
	}
}

// What cannot be published is refused by field, and nothing is half done.
func TestAControllerThatCannotBeDescribed(t *testing.T) {
	w := newWorld(t)
	w.appended(nil, func() {
		bad := commands.ExampleController()
		bad.Address = ""
		_, err := w.DescribeController(t.Context(), request(operatorOf()), bad)
		var known *domain.Error
		if !errors.As(err, &known) || known.Field != "/address" {
			t.Error(err)
		}
	})
}

// Every version stays readable by its id and in each language.
func TestNoticesCanBeReadForEver(t *testing.T) {
	w := newWorld(t)
	first := w.current()
	w.describe(anotherOne)
	w.describe(newContact)
	w.restart()
	if n := do(w, w.ReadNotice, domain.Guest(), commands.ReadNotice{ID: first.Event}); n.Text != first.Text || n.By.ID != "development" || n.Version != 1 {
		t.Errorf("%+v", n)
	}
	for asked, want := range map[domain.Language]domain.Language{"de-AT": "de", "es-MX": "es", "zh-CN": "zh-Hans", "fr": "en"} {
		n := do(w, w.ReadNotice, domain.Guest(), commands.ReadNotice{ID: first.Event, Language: asked})
		if n.Language != want || n.Version != 1 || n.Permission != first.Permission {
			t.Errorf("%s: version %d in %s", asked, n.Version, n.Language)
		}
	}
	list := do(w, w.ListNotices, domain.Guest(), commands.ListNotices{Permission: weather.Permission, Language: "es"})
	if len(list) != 3 || !list[0].InForce || !list[0].Counts || list[1].InForce || list[1].Counts || list[2].Version != 1 || list[2].Language != "es" {
		t.Errorf("%+v", list)
	}
	if all := do(w, w.ListNotices, domain.Guest(), commands.ListNotices{}); len(all) != 3*len(domain.TheCatalogue().Permissions) {
		t.Errorf("%d versions", len(all))
	}
	w.appended(nil, func() {
		refused(w, w.ReadNotice, domain.Guest(), commands.ReadNotice{ID: domain.EventID{}}, domain.ErrNotFound)
		refused(w, w.ListNotices, domain.Guest(), commands.ListNotices{Permission: "teleport"}, domain.ErrPermission)
	})
}
