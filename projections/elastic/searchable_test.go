//go:build engines

package elastic_test

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"accountledger/projections/view"
)

// TestSearchable checks that a checkpoint counts as searchable only after a refresh
// that began after it was written, in every process.
func TestSearchable(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	searchable := func(g view.Generation, want string) {
		t.Helper()
		at, err := g.Searchable(t.Context(), 0)
		if err != nil || string(at) != want {
			t.Errorf("searchable up to %q, want %q: %v", at, want, err)
		}
	}
	other := engine(t, s.options)
	theirs, err := other.Open(t.Context(), notes(), 1)
	must(t, err)
	t.Cleanup(func() {
		must(t, theirs.Close())
		must(t, other.Close())
	})
	must(t, s.Write(t.Context(), batch("1", note("a", 1))))
	searchable(s, "")
	searchable(theirs, "")
	must(t, theirs.Refresh(t.Context()))
	searchable(s, "1")
	must(t, s.Write(t.Context(), batch("2", note("b", 2))))
	searchable(s, "1")
	s.expect(2, "2")
	searchable(theirs, "2")

	// A second writer of one partition is noticed by the first.
	must(t, theirs.Write(t.Context(), batch("3", note("c", 3))))
	s.fails(batch("2b", note("b", 2)))
	s.expect(3, "3")
	must(t, s.Write(t.Context(), batch("4", note("c", 4))))
	s.expect(3, "4")
}

// TestRefreshesAreJoined lets many wait at once for far fewer refreshes.
func TestRefreshesAreJoined(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	must(t, s.Write(t.Context(), batch("1", note("a", 1))))
	began := time.Now()
	var waiting errgroup.Group
	for range 20 {
		waiting.Go(func() error {
			var errs []error
			for range 5 {
				errs = append(errs, s.Refresh(t.Context()))
			}
			return errors.Join(errs...)
		})
	}
	must(t, waiting.Wait())
	most := int64(time.Since(began)/(50*time.Millisecond)) + 2
	if n := s.engine.Stats().Refreshes; n < 5 || n > most {
		t.Errorf("%d refreshes for 100 who waited, want 5 to %d", n, most)
	}
}
