package view_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"accountledger/projections/view"
)

// event is what the test views are folded from.
type event struct {
	account string
	kind    string
	at      time.Time
}

// signups declares a view the way real ones are declared.
func signups() *view.Declaration[event] {
	var f view.Fields
	state := f.Keyword("state")
	joined := f.Time("joined")
	changes := f.Number("changes")
	name := f.Sealed("name", view.Optional)
	return &view.Declaration[event]{
		Schema:  view.Schema{Name: "signups", Version: 1, Fields: f, Indexes: []view.Index{{"state", "-joined"}}},
		Touches: func(e event) []string { return []string{e.account} },
		Reduce: func(d *view.Document, e event) error {
			switch e.kind {
			case "joined":
				state.Set(d, "active")
				joined.Set(d, e.at)
				name.Set(d, []byte("sealed"))
				changes.Set(d, 0)
			case "changed":
				changes.Add(d, 1)
			case "renamed":
				name.Clear(d)
			case "left":
				d.Delete()
			case "broken":
				return errors.New("cannot be folded")
			}
			return nil
		},
	}
}

func TestFold(t *testing.T) {
	v := signups()
	if err := v.Check(); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 5, 1, 10, 0, 0, 1, time.FixedZone("", 7200))
	fold := func(previous *view.Document, position int64, kind string) *view.Document {
		t.Helper()
		next, err := v.Fold(previous, "a", position, event{account: "a", kind: kind, at: at})
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	if fold(nil, 1, "unknown") != nil {
		t.Error("an event that sets nothing made a document")
	}
	if fold(nil, 1, "left") != nil {
		t.Error("a document that was not there left a tombstone")
	}
	joined := fold(nil, 5, "joined")
	if joined.ID != "a" || joined.Position != 5 || joined.Deleted || !joined.Values[1].Time().Equal(at) || joined.Values[1].Time().Location() != time.UTC {
		t.Error("the first event did not make the document it describes")
	}
	before := joined.Clone()
	changed := fold(joined, 7, "changed")
	if !joined.Equal(before) {
		t.Error("folding changed the document before")
	}
	if changed.Position != 7 || changed.Values[2].Int64() != 1 {
		t.Error("the second event was not folded")
	}
	if fold(changed, 7, "changed") != changed || fold(changed, 3, "left") != changed {
		t.Error("an event was folded a second time")
	}
	if fold(changed, 8, "joined").Values[2].Int64() != 0 || fold(joined, 9, "joined") != joined {
		t.Error("an event that changes nothing made a new version, or one that does made none")
	}
	gone := fold(changed, 9, "left")
	if !gone.Deleted || gone.Position != 9 || len(gone.Values) != 0 {
		t.Error("a deletion left no clean tombstone")
	}
	back := fold(gone, 10, "joined")
	if back.Deleted || back.Position != 10 || !back.Values[3].Missing() == false {
		t.Error("a document did not come back")
	}
	if _, err := v.Fold(gone, "a", 11, event{kind: "broken"}); err == nil {
		t.Error("an error of the reducer was lost")
	}
	if _, err := v.Fold(gone, "a", 11, event{kind: "changed"}); !errors.Is(err, view.ErrDocument) {
		t.Errorf("a document without its fields: %v", err)
	}
}

func TestDeclarationCheck(t *testing.T) {
	for name, change := range map[string]func(*view.Declaration[event]){
		"name":     func(v *view.Declaration[event]) { v.Name = "Sign ups" },
		"version":  func(v *view.Declaration[event]) { v.Version = 0 },
		"reducer":  func(v *view.Declaration[event]) { v.Reduce = nil },
		"fields":   func(v *view.Declaration[event]) { v.Fields = nil },
		"twice":    func(v *view.Declaration[event]) { v.Fields.Bool("state") },
		"id":       func(v *view.Declaration[event]) { v.Fields.Keyword("id") },
		"column":   func(v *view.Declaration[event]) { v.Fields.Keyword("a;b") },
		"index":    func(v *view.Declaration[event]) { v.Indexes = []view.Index{{"none"}} },
		"sealed":   func(v *view.Declaration[event]) { v.Indexes = []view.Index{{"name"}} },
		"no index": func(v *view.Declaration[event]) { v.Indexes = []view.Index{{}} },

		"tally of nothing":      func(v *view.Declaration[event]) { v.Tallies = []view.Tally{{}} },
		"tally of none":         func(v *view.Declaration[event]) { v.Tallies = []view.Tally{{"none"}} },
		"tally of ids":          func(v *view.Declaration[event]) { v.Tallies = []view.Tally{{"id"}} },
		"tally twice":           func(v *view.Declaration[event]) { v.Tallies = []view.Tally{{"state", "state"}} },
		"tally by a number":     func(v *view.Declaration[event]) { v.Tallies = []view.Tally{{"changes"}} },
		"tally by time first":   func(v *view.Declaration[event]) { v.Tallies = []view.Tally{{"joined", "state"}} },
		"tally by sealed bytes": func(v *view.Declaration[event]) { v.Tallies = []view.Tally{{"name"}} },
		"too many tallies": func(v *view.Declaration[event]) {
			v.Tallies = slices.Repeat([]view.Tally{{"state"}}, view.MaxTallies+1)
		},
	} {
		v := signups()
		change(v)
		if v.Check() == nil {
			t.Errorf("%s: a wrong declaration passes", name)
		}
	}
}

func TestFingerprint(t *testing.T) {
	seen := map[string]bool{}
	for _, change := range []func(*view.Declaration[event]){
		func(*view.Declaration[event]) {},
		func(v *view.Declaration[event]) { v.Version++ },
		func(v *view.Declaration[event]) { v.Fields[0].Optional = true },
		func(v *view.Declaration[event]) { v.Fields[0].Kind = view.Words },
		func(v *view.Declaration[event]) { v.Fields.Bool("more") },
		func(v *view.Declaration[event]) { v.Indexes = nil },
		func(v *view.Declaration[event]) { v.Tallies = []view.Tally{{"state", "joined"}} },
		func(v *view.Declaration[event]) { v.Tallies = []view.Tally{{"state"}, {"joined"}} },
	} {
		v := signups()
		change(v)
		if seen[v.Fingerprint()] {
			t.Error("two declarations have one fingerprint")
		}
		seen[v.Fingerprint()] = true
	}
}

// TestValuesDoNotLeak sees that what is printed repeats nothing, and that sealed
// bytes have no way into an answer.
func TestValuesDoNotLeak(t *testing.T) {
	d := view.Document{ID: "x", Values: []view.Value{view.KeywordValue("canary"), view.SealedValue([]byte("canary"))}}
	for _, format := range []string{"%v", "%+v", "%s", "%#v", "%q"} {
		if strings.Contains(fmt.Sprintf(format, d.Values), "canary") {
			t.Errorf("%s prints what a value holds", format)
		}
	}
	if _, err := json.Marshal(d.Values[1]); err == nil {
		t.Error("a sealed value was written as JSON")
	}
	at := time.Date(2026, 5, 1, 10, 0, 0, 1, time.UTC)
	got, err := json.Marshal([]view.Value{{}, view.KeywordValue("a"), view.NumberValue(-7), view.BoolValue(true), view.TimeValue(at)})
	if want := `[null,"a",-7,true,"2026-05-01T10:00:00.000000001Z"]`; err != nil || string(got) != want {
		t.Errorf("values as JSON: %s, want %s", got, want)
	}
}
