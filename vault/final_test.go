package vault_test

import (
	"testing"
	"time"

	"accountledger/vault"
)

func TestWhenAnErasureIsFinal(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 5, n, 0, 0, 0, 0, time.UTC) }
	const keep = 24 * time.Hour
	erased := day(10)
	first := vault.MasterState{BeganAt: day(1), EndedAt: day(5)}
	second := vault.MasterState{BeganAt: day(5), EndedAt: day(12)}
	third := vault.MasterState{BeganAt: day(12), Current: true}
	destroyed := func(m vault.MasterState, at int) vault.MasterState { m.DestroyedAt = day(at); return m }
	inUse := second
	inUse.EndedAt = time.Time{}
	for name, c := range map[string]struct {
		masters []vault.MasterState
		final   int // day of May, or 0
		until   int
	}{
		"nothing is known":                  {nil, 0, 0},
		"it was erased before the vault":    {[]vault.MasterState{destroyed(vault.MasterState{BeganAt: day(11)}, 20), third}, 0, 0},
		"its master key is the current one": {[]vault.MasterState{{BeganAt: day(1), Current: true}}, 0, 0},
		"a rotation is under way":           {[]vault.MasterState{first, inUse, third}, 0, 0},
		"both are kept":                     {[]vault.MasterState{first, second, third}, 0, 13},
		"one is kept":                       {[]vault.MasterState{first, destroyed(second, 20), third}, 0, 6},
		"both are destroyed":                {[]vault.MasterState{destroyed(first, 25), destroyed(second, 20), third}, 25, 0},
		"the next began too close to it":    {[]vault.MasterState{destroyed(first, 25), {BeganAt: erased.Add(time.Minute), Current: true}}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			at, final := vault.FinalAt(c.masters, erased)
			if final != (c.final > 0) || final && !at.Equal(day(c.final)) || final != vault.Final(c.masters, erased) {
				t.Errorf("final %v at %v", final, at)
			}
			until, known := vault.CopiesUntil(c.masters, erased, keep)
			if known != (c.until > 0) || known && !until.Equal(day(c.until)) {
				t.Errorf("copies until %v, known %v", until, known)
			}
		})
	}
}
