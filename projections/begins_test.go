package projections_test

import (
	"slices"
	"testing"

	"accountledger/journal"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
)

// TestWhatAnEventBeginsWasNeverTouched checks what Declaration.Begins promises, on a log that holds every type of event.
func TestWhatAnEventBeginsWasNeverTouched(t *testing.T) {
	l := projectiontest.New(t)
	everything(l)
	page, err := l.Journal.ReadAll(t.Context(), journal.Checkpoint{}, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range projections.All() {
		if d.Begins == nil {
			continue
		}
		begun, touched := 0, map[string]bool{}
		for _, r := range page.Records {
			ids := d.Touches(r)
			if id := d.Begins(r); slices.Contains(ids, id) {
				if begun++; touched[id] {
					t.Errorf("view %s: %s is said to begin a document that an event before it touched", d.Name, r.Type)
				}
			}
			for _, id := range ids {
				touched[id] = true
			}
		}
		if begun == 0 {
			t.Errorf("view %s: no event begins a document", d.Name)
		}
	}
}
