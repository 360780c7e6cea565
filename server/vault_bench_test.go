package server

import (
	"context"
	"testing"

	"accountledger/vault"
)

// BenchmarkObservedKey shows what the observer adds to a key from memory.
func BenchmarkObservedKey(b *testing.B) {
	s := opened(b)
	keys, err := s.vault.CreateKeys(b.Context(), "bench/key")
	if err != nil {
		b.Fatal(err)
	}
	for name, v := range map[string]interface {
		Key(ctx context.Context, name string) (*vault.Key, error)
	}{"engine": s.masters, "observed": s.vault} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := v.Key(b.Context(), keys[0].Name); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
