package embedded_test

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
)

// stored is every key and value of the log except the record about the log, which has a random id.
func stored(t *testing.T, fs vfs.FS) (out []string) {
	t.Helper()
	db, err := pebble.Open(fs.PathJoin(dir, "pebble"), rawOptions(fs))
	if err != nil {
		t.Fatal(err)
	}
	iter, err := db.NewIter(&pebble.IterOptions{LowerBound: []byte{2}})
	if err != nil {
		t.Fatal(err)
	}
	for ok := iter.First(); ok; ok = iter.Next() {
		out = append(out, hex.EncodeToString(iter.Key())+" "+hex.EncodeToString(iter.Value()))
	}
	if err := errors.Join(iter.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestStoredFormat pins the bytes. Existing logs are written this way; a change here
// makes them unreadable.
func TestStoredFormat(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	s := open(t, fs)
	one := eventstore.Event{ID: uuid.UUID{15: 0x11}, Type: "t", Data: []byte("data"), Metadata: []byte("m")}
	two := eventstore.Event{ID: uuid.UUID{15: 0x22}, Type: "u"}
	three := eventstore.Event{ID: uuid.UUID{15: 0x33}, Type: "t", Data: []byte{0xff}}
	for _, a := range []struct {
		stream   string
		expected int64
		events   []eventstore.Event
	}{{"ab", -1, []eventstore.Event{one, two}}, {"ab", 1, []eventstore.Event{three}}} {
		if _, err := s.Append(t.Context(), a.stream, a.expected, a.events...); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		// position 1: format 1, 2 records of 30 and 25 bytes, with 1 and 0 events of the append to come
		"020000000000000001 0102" +
			"1e" + "00000000000000000000000000000011" + "01" + "026162" + "00" + "0174" + "016d" + "0464617461" + "bfbf7d8b" +
			"19" + "00000000000000000000000000000022" + "00" + "026162" + "01" + "0175" + "00" + "00" + "28674646",
		// position 3
		"020000000000000003 0101" +
			"1a" + "00000000000000000000000000000033" + "00" + "026162" + "02" + "0174" + "00" + "01ff" + "f676bc0f",
		// stream ab from version 0 on: 2 events at position 1, 1 event right after
		"036162000000000000000000 01020001",
	}
	if got := stored(t, fs); !slices.Equal(got, want) {
		t.Fatalf("stored:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestChangedRecord changes a stored event in a way that Pebble's own checksums
// miss; ours does not.
func TestChangedRecord(t *testing.T) {
	t.Parallel()
	key := []byte{2, 0, 0, 0, 0, 0, 0, 0, 1}
	for name, change := range map[string]func([]byte) []byte{
		"a byte of an event":   func(b []byte) []byte { b[30] ^= 1; return b },
		"the checksum":         func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"the chunk's format":   func(b []byte) []byte { b[0] = 9; return b },
		"the number of events": func(b []byte) []byte { b[1]++; return b },
		"the length":           func(b []byte) []byte { b[2] = 0xff; return b },
		"cut":                  func(b []byte) []byte { return b[:len(b)-1] },
		"empty":                func([]byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fs := vfs.NewMem()
			s := open(t, fs)
			if _, err := s.Append(t.Context(), "test", eventstore.NoStream, events(2, 20)...); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Append(t.Context(), "test", 1, event(20)); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			edit(t, fs, key, change)
			s, err := embedded.Open(embedded.Options{Dir: dir, FS: fs})
			if err != nil {
				t.Fatal(err)
			}
			_, err = readAll(t.Context(), s)
			corrupt(t, err)
			for _, failed := range s.ReadStream(t.Context(), "test", eventstore.Forwards, eventstore.Start) {
				err = failed
			}
			corrupt(t, err)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestPositionAfterTheHead is not taken for the end of the log.
func TestPositionAfterTheHead(t *testing.T) {
	t.Parallel()
	s := open(t, vfs.NewMem())
	p := put(t, s, 10).Position
	for _, after := range []eventstore.Position{eventstore.NewPosition(p.Commit()+1, p.Commit()+1), eventstore.NewPosition(p.Commit(), 0)} {
		if _, err := s.ReadAll(t.Context(), after, 10); !errors.Is(err, eventstore.ErrInvalid) {
			t.Fatalf("reading after %s: %v", after, err)
		}
	}
}
