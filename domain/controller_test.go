package domain_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"accountledger/domain"
)

// acme is a controller for tests.
func acme() domain.Controller {
	return domain.Controller{ID: "acme", Name: "Acme Inc.", Address: "1 Main Street, Dublin", Contact: "privacy@acme.test", Jurisdiction: "IE",
		Places: []domain.Region{"IE", "DE"}}
}

// changed is a description that differs.
func changed(by func(*domain.Controller)) domain.Controller {
	c := acme()
	by(&c)
	return c
}

func otherCompany(c *domain.Controller) { c.ID, c.Name = "globex", "Globex Ltd" }
func otherContact(c *domain.Controller) { c.Contact = "dpo@acme.test" }

func TestControllers(t *testing.T) {
	for name, c := range map[string]struct {
		to       func(*domain.Controller)
		material bool
	}{
		"contact":            {otherContact, false},
		"name":               {func(c *domain.Controller) { c.Name = "Acme plc" }, false},
		"officer":            {func(c *domain.Controller) { c.DPO = "dpo@acme.test" }, false},
		"a place less":       {func(c *domain.Controller) { c.Places = []domain.Region{"DE"} }, false},
		"a place more":       {func(c *domain.Controller) { c.Places = append(c.Places, "US") }, true},
		"country":            {func(c *domain.Controller) { c.Jurisdiction = "DE" }, true},
		"another controller": {otherCompany, true},
	} {
		all, next := &domain.Controllers{}, changed(c.to)
		first, stale, err := all.Start(acme())
		if err != nil || stale {
			t.Fatal(stale, err)
		}
		sameEvents(t, first, domain.ControllerDescribed{Controller: acme(), Material: true})
		apply(t, all, noon, first...)
		again, stale, err := all.Start(changed(func(c *domain.Controller) { c.Places = []domain.Region{"DE", "IE"} }))
		if len(again) > 0 || stale || err != nil {
			t.Errorf("%s: a start with the same, in another order: %v, %v, %v", name, again, stale, err)
		}
		started, stale, err := all.Start(next)
		if c.material {
			if !errors.Is(err, domain.ErrOtherController) || !stale || len(started) > 0 {
				t.Errorf("%s: a start takes consent away: %v, %v", name, started, err)
			}
		} else {
			sameEvents(t, started, domain.ControllerDescribed{Controller: next})
		}
		told, err := all.Describe(next)
		if err != nil {
			t.Fatal(err)
		}
		sameEvents(t, told, domain.ControllerDescribed{Controller: next, Material: c.material})
		apply(t, all, noon, told...)
		if now, ok := all.Current(); !ok || !now.Equal(next) {
			t.Errorf("%s: %+v is in force", name, now)
		}
		if again, err := all.Describe(next); len(again) > 0 || err != nil {
			t.Errorf("%s: the same is described again: %v, %v", name, again, err)
		}
	}
}

// A process whose configuration is older than the last description changes nothing, however often it starts. An operator goes back.
func TestAnOlderConfigurationUndoesNothing(t *testing.T) {
	all, newer := &domain.Controllers{}, changed(otherContact)
	for _, c := range []domain.Controller{acme(), newer} {
		events, _, err := all.Start(c)
		if err != nil {
			t.Fatal(err)
		}
		apply(t, all, noon, events...)
	}
	for range 3 {
		if events, stale, err := all.Start(acme()); len(events) > 0 || !stale || err != nil {
			t.Errorf("the older one: %v, %v, %v", events, stale, err)
		}
		if events, stale, err := all.Start(newer); len(events) > 0 || stale || err != nil {
			t.Errorf("the newer one: %v, %v, %v", events, stale, err)
		}
	}
	back, err := all.Describe(acme())
	if err != nil || len(back) != 1 {
		t.Fatal(back, err)
	}
	apply(t, all, noon, back...)
	if now, _ := all.Current(); !now.Equal(acme()) || len(all.All) != 3 {
		t.Errorf("%+v", now)
	}
}

func TestADescriptionNamesWhatIsWrong(t *testing.T) {
	for field, by := range map[string]func(*domain.Controller){
		"/id":           func(c *domain.Controller) { c.ID = "Acme Inc." },
		"/name":         func(c *domain.Controller) { c.Name = "" },
		"/address":      func(c *domain.Controller) { c.Address = "two\nlines" },
		"/contact":      func(c *domain.Controller) { c.Contact = domain.PublishedLine(strings.Repeat("a", 201)) },
		"/dpo":          func(c *domain.Controller) { c.DPO = " " },
		"/authority":    func(c *domain.Controller) { c.Authority = "\x00" },
		"/jurisdiction": func(c *domain.Controller) { c.Jurisdiction = "UK" },
		"/places":       func(c *domain.Controller) { c.Places = nil },
	} {
		err := changed(by).Validate()
		var known *domain.Error
		if !errors.As(err, &known) || known.Field != field || known.Code != "invalid_controller" {
			t.Errorf("%s: %v", field, err)
		}
		if events, err := (&domain.Controllers{}).Describe(changed(by)); err == nil || len(events) > 0 {
			t.Errorf("%s is described", field)
		}
	}
	if err := changed(func(c *domain.Controller) { c.Places = []domain.Region{"DE", "DE"} }).Validate(); err == nil {
		t.Error("a place twice")
	}
	if _, ok := (&domain.Controllers{}).ByEvent(domain.EventID{UUID: uuid.New()}); ok {
		t.Error("a description out of nothing")
	}
}
