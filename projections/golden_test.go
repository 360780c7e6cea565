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

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
	"accountledger/projections/view"
	"accountledger/replay"
)

var (
	update    = flag.Bool("update", false, "write the golden documents of views whose version is new")
	updateLog = flag.Bool("update-log", false, "write a new golden log; all golden documents have to follow")
)

const goldenLog = "testdata/log.jsonl"

// stored is one event of the golden log, as the log of bytes has it.
type stored struct {
	Stream   string         `json:"stream"`
	Version  int64          `json:"version"`
	ID       uuid.UUID      `json:"id"`
	Type     string         `json:"type"`
	Metadata jsontext.Value `json:"metadata"`
	Data     jsontext.Value `json:"data"`
}

// TestGoldenDocuments folds a log of real stored events and compares every document. Documents that come
// out otherwise need a new version of their view, so that every stored generation is filled anew.
func TestGoldenDocuments(t *testing.T) {
	if *updateLog {
		writeGoldenLog(t)
	}
	l := projectiontest.New(t)
	readGoldenLog(t, l)
	if err := replay.Rebuild(t.Context(), replay.Deps{Journal: l.Journal, Engine: l.Engine, Views: projections.All()}, nil, nil); err != nil {
		t.Fatal(err)
	}
	for _, d := range projections.All() {
		t.Run(d.Name, func(t *testing.T) {
			got := append(fmt.Appendf(nil, "version %d\n", d.Version), projectiontest.Render(t, &d.Schema, live(t, l, d.Schema))...)
			path := filepath.Join("testdata", d.Name+".jsonl")
			want, err := os.ReadFile(path)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			if bytes.Equal(got, want) {
				return
			}
			if same := bytes.HasPrefix(want, fmt.Appendf(nil, "version %d\n", d.Version)); same && !*updateLog {
				t.Fatalf("the documents of view %s came out otherwise but its version did not change: raise it, then run with -update\n%s", d.Name, firstDifference(want, got))
			}
			if !*update {
				t.Fatalf("the golden documents of view %s are of another version: run with -update", d.Name)
			}
			if err := os.WriteFile(path, got, 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
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

// readGoldenLog appends the stored bytes as they are.
func readGoldenLog(t *testing.T, l *projectiontest.Ledger) {
	t.Helper()
	raw, err := os.ReadFile(goldenLog)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		var e stored
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		_, err := l.Store.Append(t.Context(), e.Stream, e.Version-1, eventstore.Event{ID: e.ID, Type: e.Type, Metadata: e.Metadata, Data: e.Data})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func writeGoldenLog(t *testing.T) {
	t.Helper()
	l := projectiontest.New(t)
	everything(l)
	page, err := l.Store.ReadAll(context.WithoutCancel(t.Context()), eventstore.Position{}, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for _, e := range page.Events {
		line, err := json.Marshal(stored{e.Stream, e.Version, e.ID, e.Type, e.Metadata, e.Data})
		if err != nil {
			t.Fatal(err)
		}
		out = append(append(out, line...), '\n')
	}
	if err := os.WriteFile(goldenLog, out, 0o600); err != nil {
		t.Fatal(err)
	}
}
