package projectiontest

import (
	"bytes"
	"context"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"accountledger/eventstore"
)

// Stored is one event of the golden log, a line of JSON, as the log of bytes has it.
type Stored struct {
	Stream   string         `json:"stream"`
	Version  int64          `json:"version"`
	ID       uuid.UUID      `json:"id"`
	Type     string         `json:"type"`
	Metadata jsontext.Value `json:"metadata"`
	Data     jsontext.Value `json:"data"`
}

// ReadGolden appends the events of a golden log, byte for byte.
func (l *Ledger) ReadGolden(path string) {
	l.Helper()
	raw, err := os.ReadFile(path) // a test's own file
	must(l, err)
	for line := range bytes.Lines(raw) {
		var e Stored
		must(l, json.Unmarshal(line, &e))
		_, err := l.Store.Append(context.WithoutCancel(l.Context()), e.Stream, e.Version-1,
			eventstore.Event{ID: e.ID, Type: e.Type, Metadata: e.Metadata, Data: e.Data})
		must(l, err)
	}
}
