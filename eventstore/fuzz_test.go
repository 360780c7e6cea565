package eventstore_test

import (
	"testing"

	"github.com/go-json-experiment/json"

	"accountledger/eventstore"
)

// FuzzPosition parses any text as a position: what parses survives a round trip.
func FuzzPosition(f *testing.F) {
	for _, text := range []string{"0", "1", "42/41", "9223372036854775807", "9223372036854775808", "-1", "1/", "/1", "+1", "1_0"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var p, back eventstore.Position
		if p.UnmarshalText([]byte(text)) != nil {
			return
		}
		if p.Int64() < 0 {
			t.Fatal("a position below zero")
		}
		if err := back.UnmarshalText([]byte(p.String())); err != nil || back != p {
			t.Fatalf("not the same after a round trip: %v", err)
		}
	})
}

// FuzzCheckpoint parses any JSON as a checkpoint, as consumers do with what they stored.
func FuzzCheckpoint(f *testing.F) {
	f.Add([]byte(`{"log":"a1000000-0000-4000-8000-000000000001","position":"42/41","event":"a1000000-0000-4000-8000-000000000002"}`))
	f.Add([]byte(`{"position":""}`))
	f.Add([]byte(`{"position":7}`))
	f.Fuzz(func(t *testing.T, stored []byte) {
		var c, back eventstore.Checkpoint
		if json.Unmarshal(stored, &c) != nil {
			return
		}
		again, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(again, &back); err != nil || back != c {
			t.Fatalf("not the same after a round trip: %v", err)
		}
	})
}
