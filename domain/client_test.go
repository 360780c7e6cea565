package domain_test

import (
	"fmt"
	"testing"
	"time"

	"accountledger/domain"
)

func TestClients(t *testing.T) {
	known := func(all ...domain.ClientKnown) *domain.Clients {
		var c domain.Clients
		for _, e := range all {
			apply(t, &c, noon, e)
		}
		return &c
	}
	a, b := domain.ClientKnown{Client: hash("a"), OwnerAt: 7}, domain.ClientKnown{Client: hash("b"), OwnerAt: 9}
	both := known(a, b)
	for name, c := range map[string]struct {
		client     domain.Hash
		everywhere int64
		now        time.Time
		want       bool
	}{
		"known":                {hash("a"), -1, noon, true},
		"another":              {hash("c"), -1, noon, false},
		"none":                 {"", -1, noon, false},
		"everywhere before it": {hash("a"), 7, noon, true},
		"everywhere after it":  {hash("a"), 8, noon, false},
		"and not the other":    {hash("b"), 8, noon, true},
		"just in time":         {hash("a"), -1, noon.Add(domain.ClientLifetime - 1), true},
		"too old":              {hash("a"), -1, noon.Add(domain.ClientLifetime), false},
	} {
		if got := both.Known(c.client, c.everywhere, c.now); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	var restored domain.Clients
	if err := restored.Apply(domain.Fact{Event: a, Restored: true}); err != nil || restored.Known(hash("a"), -1, noon) {
		t.Error("known after a restore")
	}
	if !restored.Other(hash("b")) || known(a).Other(hash("a")) || known().Other("") {
		t.Error("whether there was another")
	}
	sameEvents(t, both.Learn(a))
	sameEvents(t, known(a).Learn(b), b)

	many := known(a)
	before := many.Fork()
	for i := range domain.MaxClients {
		apply(t, many, noon, domain.ClientKnown{Client: domain.Hash(fmt.Sprintf("%064d", i))})
	}
	if many.Known(hash("a"), -1, noon) || !many.Other(hash("a")) || !before.Known(hash("a"), -1, noon) {
		t.Error("the oldest is not forgotten, or is in an earlier state")
	}
}
