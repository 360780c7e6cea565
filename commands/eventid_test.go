package commands_test

import (
	"testing"
	"time"

	"accountledger/commands"
)

// The ids of events sort by the time of the command that made them, except those of a chain's steps, which derive from its first event.
func TestEventIDsSortByTime(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	before := len(w.log())
	for _, language := range []string{"fr", "es", "de", "en"} {
		w.clock.forward(time.Millisecond)
		do(w, w.SetLanguage, c, commands.SetLanguage{Language: language})
	}
	facts := w.log()[before:]
	if len(facts) != 4 {
		t.Fatalf("%d events", len(facts))
	}
	for i, f := range facts {
		if f.ID.Version() != 7 || i > 0 && f.ID.String() <= facts[i-1].ID.String() {
			t.Errorf("event %d is %s, after %s", i, f.ID, facts[max(0, i-1)].ID)
		}
	}
}
