//go:build engines

package elastic_test

import (
	"testing"

	"accountledger/projections/sqlite"
	"accountledger/projections/viewtest"
)

// TestSameAsSQLite compares the two engines on the same random data.
func TestSameAsSQLite(t *testing.T) {
	t.Parallel()
	files, err := sqlite.New(t.TempDir())
	must(t, err)
	t.Cleanup(func() { must(t, files.Close()) })
	cluster := engine(t, options(t))
	t.Cleanup(func() { must(t, cluster.Close()) })
	viewtest.Same(t, files, cluster)
}
