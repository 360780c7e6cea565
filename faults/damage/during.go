package main

import (
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"time"
)

// noticedWithin is how long the program has to notice what is done to it while it serves.
const noticedWithin = 5 * time.Second

// whileServing is the case of a list that is deleted while the ledger is served.
func whileServing(state string, now snapshot) testCase {
	return testCase{ID: state + "/while-serving/list/entries", Kind: "while serving", File: "list/entries", from: now,
		damage: func(folders, *rand.Rand) (string, error) { return "deleted while the server runs", nil },
		during: (*trial).listGone}
}

// listGone deletes the list of destructions and has somebody erased: either the erasure waits, or the list holds it after all,
// and in both cases log or status must report it.
func (t *trial) listGone(ctx context.Context, s *process) error {
	if err := os.Remove(t.scratch.list()); err != nil {
		return err
	}
	c := newClient(s.url, pause)
	defer c.close()
	p := t.from.model.People[5]
	r := c.ask(ctx, question{method: "POST", path: "/v1/erasures", token: p.Token})
	if r.status == 202 {
		state := t.erasureWithin(ctx, c, r.str("id"))
		t.Said = "the erasure is " + state
	} else {
		t.Said = "the erasure: " + r.String()
	}
	told, toldErr, code, err := s.command(ctx, "status", "--json")
	if err != nil {
		return err
	}
	why := cause(s.log.String(), t.usual)
	if why == "" && !strings.Contains(tells(told, toldErr, code), "list") {
		t.fail("not noticed", "%s, but neither log nor status says that the list is gone", t.Said)
		return nil
	}
	t.Outcome = loud
	t.Said += "; " + why
	return nil
}

// erasureWithin waits a while for an erasure to complete and returns its state.
func (t *trial) erasureWithin(ctx context.Context, c *client, id string) (state string) {
	ctx, cancel := context.WithTimeout(ctx, noticedWithin)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if r := c.ask(ctx, question{method: "GET", path: "/v1/erasures/" + id}); r.status == 200 {
			state = r.str("state")
		}
		if state == "completed" {
			return state
		}
		select {
		case <-ctx.Done():
			return state
		case <-tick.C:
		}
	}
}
