package journal_test

import (
	"testing"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/vault"
	"accountledger/vault/sqlite"
)

// BenchmarkOpenPart opens one person's part again and again, with everything derived from its keys at hand.
func BenchmarkOpenPart(b *testing.B) {
	for name, keys := range map[string][]string{"one key": {"account/1"}, "two keys": {"account/1", "month/2026-05"}} {
		b.Run(name, func(b *testing.B) {
			j := journal.New(openStore(b), registry(b), openVault(b))
			done := appendTo(b, j, stream, domain.DeviceRenamed{Device: id[domain.DeviceID](2), Name: domain.Personal(watch, keys...)})
			part := done.Facts[0].Event.(domain.DeviceRenamed).Name
			b.ReportAllocs()
			for b.Loop() {
				if _, err := journal.Open(b.Context(), j, done.Facts[0], part); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// openVault is a real vault.
func openVault(t testing.TB) *sqlite.Vault {
	t.Helper()
	master, err := vault.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	v, err := sqlite.Open(t.Context(), t.TempDir(), master, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	return v
}
