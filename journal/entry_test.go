package journal_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"accountledger/eventstore"
)

// entriesFile holds the entry of each golden event, as version 0 of its stream: for programs of others that compute entries.
const entriesFile = "testdata/entries.json"

func TestEntriesOfEveryType(t *testing.T) {
	h, got := eventstore.NewEntryHasher(), map[string]string{}
	for _, typ := range registry(t).Types() {
		g, _, err := load(t, typ.Name())
		if err != nil {
			t.Fatal(err)
		}
		entry := h.Sum(&eventstore.Recorded{Event: eventstore.Event{ID: g.ID, Type: g.Type, Data: g.Data, Metadata: g.Metadata}, Stream: g.Stream})
		got[g.Type] = hex.EncodeToString(entry[:])
	}
	text, err := json.Marshal(got, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if *update {
		if err := os.WriteFile(filepath.FromSlash(entriesFile), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(entriesFile)
	if err != nil || !bytes.Equal(text, want) {
		t.Errorf("entries are others than in %s: %v", entriesFile, err)
	}
}

// An entry is the hash of what its comment says, and two events have one only if they are the same.
func TestEntries(t *testing.T) {
	h := eventstore.NewEntryHasher()
	var before *eventstore.Recorded
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string) []byte { return rapid.SliceOfN(rapid.Byte(), 0, 6).Draw(t, name) }
		e := &eventstore.Recorded{Stream: string(text("stream")), Version: rapid.Int64Min(0).Draw(t, "version"), Event: eventstore.Event{
			ID: uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id")), Type: string(text("type")), Data: text("data"), Metadata: text("metadata")}}
		said := []byte("accountledger/event/v1\n")
		for _, field := range [][]byte{[]byte(e.Stream), binary.BigEndian.AppendUint64(nil, uint64(e.Version)), e.ID[:], []byte(e.Type), e.Data, e.Metadata} {
			said = append(binary.BigEndian.AppendUint32(said, uint32(len(field))), field...)
		}
		sum := h.Sum(e)
		if sum != eventstore.EntryHash(sha256.Sum256(said)) || sum != h.Sum(e) {
			t.Fatal("not the hash of the fields")
		}
		if before != nil && sum == h.Sum(before) && (e.Stream != before.Stream || e.Version != before.Version || e.ID != before.ID || e.Type != before.Type ||
			!bytes.Equal(e.Data, before.Data) || !bytes.Equal(e.Metadata, before.Metadata)) {
			t.Fatal("two events have one entry")
		}
		// A byte that moves over the border of two fields makes another entry.
		if len(e.Data) > 0 {
			moved := *e
			moved.Data, moved.Metadata = e.Data[:len(e.Data)-1], append([]byte{e.Data[len(e.Data)-1]}, e.Metadata...)
			if h.Sum(&moved) == sum {
				t.Fatal("the border of two fields does not count")
			}
		}
		before = e
	})
}
