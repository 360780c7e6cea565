package server

import (
	"slices"
	"testing"
)

// TestRebuildsUnderWay: a rebuild is told of, by view, from when it tells how far it is until it ends.
func TestRebuildsUnderWay(t *testing.T) {
	s := opened(t)
	under := func() map[string][2]float64 {
		t.Helper()
		out := map[string][2]float64{}
		all, err := s.metrics.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range all {
			i := slices.Index([]string{"accountledger_rebuild_done_events", "accountledger_rebuild_goal_events"}, f.GetName())
			for _, m := range f.GetMetric() {
				if i >= 0 {
					view := m.GetLabel()[0].GetValue()
					at := out[view]
					at[i] = m.GetGauge().GetValue()
					out[view] = at
				}
			}
		}
		return out
	}
	told := 0
	watched, ended := s.watchRebuild(func(string, int64, int64) { told++ })
	watched("devices", 10, 100)
	watched("devices", 20, 100)
	watched("accounts", 5, 100)
	if got := under(); len(got) != 2 || got["devices"] != [2]float64{20, 100} || got["accounts"] != [2]float64{5, 100} || told != 3 {
		t.Errorf("%v, told %d times", got, told)
	}
	ended()
	if got := under(); len(got) != 0 {
		t.Errorf("once it has ended: %v", got)
	}
}
