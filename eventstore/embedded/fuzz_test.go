package embedded_test

import (
	"encoding/hex"
	"errors"
	"testing"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
)

// FuzzChunk parses arbitrary bytes as a stored chunk of the log: what the store did not write is reported as damage,
// and nothing else happens.
func FuzzChunk(f *testing.F) {
	for _, c := range [][2]string{
		{"020000000000000001", "0102" +
			"1e" + "00000000000000000000000000000011" + "01" + "026162" + "00" + "0174" + "016d" + "0464617461" + "bfbf7d8b" +
			"19" + "00000000000000000000000000000022" + "00" + "026162" + "01" + "0175" + "00" + "00" + "28674646"},
		{"020000000000000003", "0101" + "1a" + "00000000000000000000000000000033" + "00" + "026162" + "02" + "0174" + "00" + "01ff" + "f676bc0f"},
		{"02", "01"},
	} {
		key, err1 := hex.DecodeString(c[0])
		value, err2 := hex.DecodeString(c[1])
		if err := errors.Join(err1, err2); err != nil {
			f.Fatal(err)
		}
		f.Add(key, value)
	}
	f.Fuzz(func(t *testing.T, key, value []byte) {
		_, err := embedded.ReadChunk(key, value)
		var damage *eventstore.CorruptError
		if err != nil && !errors.As(err, &damage) {
			t.Fatalf("damage is reported as %v", err)
		}
	})
}
