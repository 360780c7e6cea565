package sqlite_test

import (
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/uuid"

	"accountledger/vault"
	"accountledger/vault/sqlite"
)

func BenchmarkKeyWarm(b *testing.B) {
	v := benchVault(b)
	if _, err := v.CreateKeys(b.Context(), "account/one"); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := v.Key(b.Context(), "account/one"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkKeyCold(b *testing.B) {
	v := benchVault(b)
	names := make([]string, 1000)
	for i := range names {
		names[i] = "account/" + strconv.Itoa(i)
	}
	if _, err := v.CreateKeys(b.Context(), names...); err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		if _, err := v.Key(b.Context(), names[i%len(names)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

func BenchmarkCreateKey(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(strconv.Itoa(writers)+"writers", func(b *testing.B) {
			v := benchVault(b)
			b.SetParallelism(writers)
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if _, err := v.CreateKeys(b.Context(), uuid.NewString()); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

func BenchmarkDestroyKey(b *testing.B) {
	v := benchVault(b)
	b.SetParallelism(32)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := v.DestroyKeys(b.Context(), uuid.NewString()); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func benchVault(b *testing.B) *sqlite.Vault {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "vault")
	m, err := vault.NewMasterKey()
	if err != nil {
		b.Fatal(err)
	}
	v, err := sqlite.Open(b.Context(), dir, m, sqlite.Options{CacheKeys: 16})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = v.Close() })
	return v
}
