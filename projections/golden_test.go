package projections_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/cryptotest"

	"github.com/go-json-experiment/json"

	"accountledger/eventstore"
	"accountledger/journal"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
	"accountledger/projections/view"
)

var update = flag.Bool("update", false, "write the golden log, and the golden documents of views whose version is new or that only gain lines")

const goldenLog = "testdata/log.jsonl"

// TestGoldenLog plays the scenario with ids, keys and nonces that are the same each time and compares every stored byte, so that a
// change of what is stored is a diff to read. What is added at the scenario's end adds lines and changes none.
func TestGoldenLog(t *testing.T) {
	cryptotest.SetGlobalRandom(t, 1)
	l := projectiontest.New(t)
	everything(l)
	page, err := l.Store.ReadAll(context.WithoutCancel(t.Context()), eventstore.Position{}, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	for _, e := range page.Events {
		line, err := json.Marshal(projectiontest.Stored{Stream: e.Stream, Version: e.Version, ID: e.ID, Type: e.Type, Metadata: e.Metadata, Data: e.Data})
		if err != nil {
			t.Fatal(err)
		}
		got = append(append(got, line...), '\n')
	}
	want, err := os.ReadFile(goldenLog)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	switch {
	case bytes.Equal(got, want):
	case *update:
		if err := os.WriteFile(goldenLog, got, 0o600); err != nil {
			t.Fatal(err)
		}
	default:
		t.Fatalf("the scenario is stored otherwise than in the golden log: if that is meant, run with -update and read the diff\n%s", firstDifference(want, got))
	}
}

// TestGoldenDocuments folds the golden log event by event and compares each document as each event leaves it. A view whose
// documents come out otherwise needs a new version, so that every stored generation is filled again; -update changes nothing about that.
func TestGoldenDocuments(t *testing.T) {
	l := projectiontest.New(t)
	l.ReadGolden(goldenLog)
	page, err := l.Journal.ReadAll(t.Context(), journal.Checkpoint{}, 10_000)
	if err != nil || page.Waits != nil {
		t.Fatal(err, page.Waits)
	}
	for _, d := range projections.All() {
		t.Run(d.Name, func(t *testing.T) {
			version := fmt.Appendf(nil, "version %d\n", d.Version)
			got := append(version, unfold(t, d, page.Records)...)
			path := filepath.Join("testdata", d.Name+".jsonl")
			want, err := os.ReadFile(path)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			same := bytes.HasPrefix(want, version)
			switch {
			case bytes.Equal(got, want):
				return
			case same && !bytes.HasPrefix(got, want):
				t.Fatalf("documents of view %s come out otherwise and its version is the same: raise it, then run with -update\n%s", d.Name, firstDifference(want, got))
			case !*update && same:
				t.Fatalf("view %s has no golden documents for the end of the golden log: run with -update", d.Name)
			case !*update:
				t.Fatalf("the golden documents of view %s are of another version: run with -update", d.Name)
			}
			if err := os.WriteFile(path, got, 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// unfold renders every document that each event changes, as the event leaves it.
func unfold(t *testing.T, d projections.Declaration, records []journal.Record) []byte {
	t.Helper()
	var out []byte
	docs := map[string]*view.Document{}
	for i, r := range records {
		for _, id := range d.Touches(r) {
			before := docs[id]
			after, err := d.Fold(before, id, int64(i+1), r)
			if err != nil {
				t.Fatal(err)
			}
			if after == before {
				continue
			}
			docs[id] = after
			if after.Deleted {
				out = fmt.Appendf(out, "{\"deleted\":%q,\"position\":%d}\n", id, i+1)
				continue
			}
			out = append(out, projectiontest.Render(t, &d.Schema, []*view.Document{after})...)
		}
	}
	return out
}

func live(t *testing.T, l *projectiontest.Ledger, schema view.Schema) []*view.Document {
	t.Helper()
	id, err := l.Engine.Live(t.Context(), schema.Name)
	if err != nil {
		t.Fatal(err)
	}
	g, err := l.Engine.Open(t.Context(), schema, id.Number)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	}()
	return projectiontest.Documents(t, g)
}

func firstDifference(want, got []byte) string {
	w, g := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range max(len(w), len(g)) {
		if i >= len(w) || i >= len(g) || w[i] != g[i] {
			return fmt.Sprintf("line %d\nwant %s\ngot  %s", i+1, at(w, i), at(g, i))
		}
	}
	return ""
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "nothing"
}
