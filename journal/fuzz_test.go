package journal_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/go-json-experiment/json"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/journal"
)

// goldens are the stored events of all types.
func goldens(f *testing.F) []golden {
	f.Helper()
	names, err := filepath.Glob(goldenDir + "/*.json")
	if err != nil || len(names) == 0 {
		f.Fatalf("no golden files: %v", err)
	}
	out := make([]golden, len(names))
	for i, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if err := json.Unmarshal(b, &out[i]); err != nil {
			f.Fatal(err)
		}
	}
	return out
}

// known is the registry of this program.
func known(f *testing.F) *journal.Registry {
	f.Helper()
	r, err := journal.NewRegistry(journal.Types(), journal.Upcasters(), journal.PartUpcasters())
	if err != nil {
		f.Fatal(err)
	}
	return r
}

// FuzzEventData reads stored data of any type: what can be read is written and read again as the same event, and
// what is of a type that this program does not know is said to be so.
func FuzzEventData(f *testing.F) {
	for _, g := range goldens(f) {
		f.Add(g.Type, []byte(g.Data))
	}
	f.Add("account.opened.v99", []byte("{}"))
	r := known(f)
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		event, err := r.Decode(name, data)
		var unknown *journal.UnknownTypeError
		if err != nil || errors.As(err, &unknown) {
			return
		}
		of, err := r.Of(event)
		if err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(event)
		if err != nil {
			t.Fatalf("%s was read and cannot be written: %v", name, err)
		}
		back, err := r.Decode(of.Name(), again)
		if err != nil || !reflect.DeepEqual(event, back) {
			t.Fatalf("%s is not the same after it was written and read: %v", name, err)
		}
	})
}

// oneEvent is a log that holds one event.
type oneEvent struct {
	eventstore.Store
	event eventstore.Recorded
}

func (s *oneEvent) ReadStream(context.Context, string, eventstore.Direction, int64) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) { yield(s.event, nil) }
}

// FuzzMetadata reads an event with any metadata: what can be read is of the format that this program knows, and is
// written and read again as the same.
func FuzzMetadata(f *testing.F) {
	for _, g := range goldens(f) {
		f.Add([]byte(g.Metadata))
	}
	f.Add([]byte(`{"format":2,"at":7}`))
	store := &oneEvent{event: eventstore.Recorded{Event: eventstore.Event{Type: "identifier.retired.v1", Data: []byte("{}")}, Stream: "identifier-1"}}
	j := journal.New(store, known(f), newKeys(""))
	f.Fuzz(func(t *testing.T, metadata []byte) {
		read := func(metadata []byte) (domain.Metadata, error) {
			store.event.Metadata = metadata
			for rec, err := range j.Read(t.Context(), "identifier-1", 0) {
				return rec.Metadata, err
			}
			return domain.Metadata{}, errors.New("nothing was read")
		}
		m, err := read(metadata)
		if err != nil {
			return
		}
		if m.Format != domain.MetadataFormat {
			t.Fatalf("format %d was read", m.Format)
		}
		again, err := json.Marshal(m)
		if err != nil {
			t.Fatalf("read, and cannot be written: %v", err)
		}
		back, err := read(again)
		if err != nil || !back.At.Equal(m.At) {
			t.Fatalf("not the same after it was written and read: %v", err)
		}
		back.At = m.At
		if !reflect.DeepEqual(m, back) {
			t.Fatal("not the same after it was written and read")
		}
	})
}

// FuzzSealedPart opens any bytes as a part that a view carried: only what was sealed opens, to what it was.
func FuzzSealedPart(f *testing.F) {
	r, keys := known(f), newKeys("golden")
	for _, n := range []string{"account/1", "device/2", "month/2026-05"} {
		if _, err := keys.CreateKeys(f.Context(), n); err != nil {
			f.Fatal(err)
		}
	}
	j := journal.New(openStore(f), r, keys)
	place := journal.NoStream(stream)
	done, err := j.Append(f.Context(), place, journal.Entry{ID: id[domain.EventID](1), Metadata: sampleMetadata(), Event: domain.DeviceLinked{
		Device: id[domain.DeviceID](2), Kind: "watch", Nth: 1, Model: domain.Personal(model, "account/1", "device/2"),
		Name: domain.Personal(watch, "account/1", "device/2")}})
	if err != nil {
		f.Fatal(err)
	}
	linked := done.Facts[0].Event.(domain.DeviceLinked)
	f.Add(journal.Carry(done.Facts[0], linked.Model))
	f.Add(journal.Carry(done.Facts[0], linked.Name))
	f.Add([]byte(`{"part":{"keys":["account/1"],"alg":"A256GCM"}}`))
	f.Add([]byte(`{"part":{"name":"device_name","version":1,"keys":["month/2026-05"],"alg":"XA256GCM","nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","bytes":"AAAA"}}`))
	f.Fuzz(func(t *testing.T, carried []byte) {
		v, err := journal.OpenCarried[domain.DeviceText](t.Context(), j, carried)
		if err == nil && v != model && v != watch {
			t.Fatal("what nobody sealed was opened")
		}
	})
}

// FuzzPadding takes any value back from its padded form, and no other form for one.
func FuzzPadding(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x80, 0, 0})
	f.Add(bytes.Repeat([]byte{0}, 64))
	f.Fuzz(func(t *testing.T, b []byte) {
		padded := journal.Pad(b)
		if back, ok := journal.Unpad(padded); !ok || !bytes.Equal(back, b) || len(padded)%journal.PadBlock != 0 {
			t.Fatal("not the same after padding")
		}
		if plain, ok := journal.Unpad(b); ok && len(b) == len(plain)/journal.PadBlock*journal.PadBlock+journal.PadBlock && !bytes.Equal(journal.Pad(plain), b) {
			t.Fatal("two padded forms of one value")
		}
	})
}
