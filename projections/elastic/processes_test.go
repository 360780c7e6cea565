//go:build engines

package elastic_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"accountledger/projections/elastic"
	"accountledger/projections/elastic/elastictest"
	"accountledger/projections/view"
)

// another opens the scene's generation as another process would, bypassing the proxy.
func (s *scene) another() (*elastic.Engine, view.Generation) {
	s.Helper()
	o := s.options
	o.URLs = []string{elastictest.URL(s)}
	e := engine(s, o)
	g, err := e.Open(s.Context(), notes(), 1)
	must(s, err)
	s.Cleanup(func() {
		must(s, g.Close())
		must(s, e.Close())
	})
	return e, g
}

// checkpoints checks a partition's checkpoint, and up to where it can be searched.
func (s *scene) checkpoints(g view.Generation, partition int, written, searchable string) {
	s.Helper()
	at, err := g.Checkpoint(s.Context(), partition)
	must(s, err)
	seen, err := g.Searchable(s.Context(), partition)
	must(s, err)
	if string(at) != written || string(seen) != searchable {
		s.Errorf("partition %d: written up to %q and searchable up to %q, want %q and %q", partition, at, seen, written, searchable)
	}
}

// TestPartitionsOfOthers opens a generation that only reads, before others write
// partitions of it: it sees what they wrote, and its refresh counts for them.
func TestPartitionsOfOthers(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	_, first := s.another()
	_, second := s.another()
	must(t, s.Refresh(t.Context()))
	for i, g := range []view.Generation{first, second, first, second} {
		partition := []int{0, 3, 9, 2}[i]
		must(t, g.Write(t.Context(), view.Batch{
			Partition: partition, Checkpoint: view.Checkpoint("1"), Documents: []*view.Document{note(fmt.Sprint("n", i), 1)},
		}))
		s.checkpoints(s, partition, "1", "")
	}
	must(t, s.Refresh(t.Context()))
	for _, partition := range []int{0, 3, 9, 2} {
		s.checkpoints(s, partition, "1", "1")
		s.checkpoints(first, partition, "1", "1")
	}
	s.checkpoints(s, 1, "", "")
	if n, err := s.Count(t.Context()); err != nil || n != 4 {
		t.Errorf("%d documents are found, want 4: %v", n, err)
	}
	if err := s.Write(t.Context(), view.Batch{Partition: elastic.MaxPartitions, Checkpoint: view.Checkpoint("1")}); err == nil {
		t.Error("a partition beyond the last one was taken")
	}
}

// TestLateWriter pauses a writer just before it stores a checkpoint. Another takes
// over and goes on. The late one gets an error; neither is shut out, and nothing is
// missing, whichever writes last.
func TestLateWriter(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	must(t, s.Write(t.Context(), batch("1", note("a", 1))))
	paused, release := make(chan struct{}), make(chan struct{})
	var once atomic.Bool
	s.proxy.Set(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		if strings.Contains(r.URL.Path, ".checkpoints/_bulk") && once.CompareAndSwap(false, true) {
			close(paused)
			<-release
		}
		forward.ServeHTTP(w, r)
	})
	second := batch("2", note("a", 2), note("b", 2))
	late := make(chan error, 1)
	go func() { late <- s.Write(t.Context(), second) }()
	<-paused

	_, next := s.another()
	s.checkpoints(next, 0, "1", "")
	must(t, next.Write(t.Context(), second))
	must(t, next.Write(t.Context(), batch("3", note("b", 3), note("c", 3))))
	close(release)
	if err := <-late; !errors.Is(err, view.ErrUnavailable) {
		t.Errorf("the late writer was not told: %v", err)
	}
	s.checkpoints(next, 0, "3", "")

	// The late one tries again, as a runner would: the place steps back, and what is
	// stored does not.
	must(t, s.Write(t.Context(), second))
	s.checkpoints(next, 0, "2", "")
	s.expect(3, "2")
	for id, position := range map[string]int64{"a": 2, "b": 3, "c": 3} {
		if d, err := view.Get(t.Context(), next, id); err != nil || !d.Equal(note(id, position)) {
			t.Errorf("document %s is not as the one who took over wrote it: %v", id, err)
		}
	}
	// The one that took over continues, after one error at most.
	fourth := batch("4", note("d", 4))
	if err := next.Write(t.Context(), fourth); !errors.Is(err, view.ErrUnavailable) {
		t.Errorf("the one who took over was not told: %v", err)
	}
	must(t, next.Write(t.Context(), fourth))
	must(t, next.Write(t.Context(), batch("5", note("d", 5))))
	s.expect(4, "5")
}

// TestLateDocument stores again what is already there, and what is older: that is
// success, and changes nothing.
func TestLateDocument(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	must(t, s.Write(t.Context(), batch("1", note("a", 5), note("b", 5))))
	before := s.engine.Stats()
	must(t, s.Write(t.Context(), batch("2", note("a", 5), note("b", 4), note("c", 1))))
	if d, err := view.Get(t.Context(), s, "b"); err != nil || !d.Equal(note("b", 5)) {
		t.Errorf("a later document gave way to an older one: %v", err)
	}
	after := s.engine.Stats()
	if after.Passed-before.Passed != 2 || after.Refused != 0 || after.Retries != 0 || after.BytesInFlight != 0 {
		t.Errorf("stats: %+v, and before: %+v", after, before)
	}
	s.expect(3, "2")
}

// TestSwapWhileOthersRead swaps repeatedly while another process asks which
// generation is live and queries it: there is always one.
func TestSwapWhileOthersRead(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	second, err := s.engine.Open(t.Context(), notes(), 2)
	must(t, err)
	defer func() { must(t, second.Close()) }()
	for _, g := range []view.Generation{s, second} {
		must(t, g.Write(t.Context(), batch("1", note("a", 1))))
		must(t, g.Refresh(t.Context()))
	}
	must(t, s.engine.Swap(t.Context(), s.ID()))
	reader, one := s.another()
	two, err := reader.Open(t.Context(), notes(), 2)
	must(t, err)
	defer func() { must(t, two.Close()) }()
	var stop atomic.Bool
	ended, asked, seen := make(chan error, 1), 0, map[int]bool{}
	go func() {
		ended <- func() error {
			for !stop.Load() || asked == 0 {
				live, err := reader.Live(t.Context(), "notes")
				if err != nil {
					return err
				}
				result, err := map[int]view.Generation{1: one, 2: two}[live.Number].Query(t.Context(), view.Query{})
				if err != nil {
					return err
				}
				if len(result.Documents) != 1 {
					return errors.New("a query found nothing")
				}
				asked++
				seen[live.Number] = true
			}
			return nil
		}()
	}()
	for range 10 {
		must(t, s.engine.Swap(t.Context(), second.ID()))
		must(t, s.engine.Swap(t.Context(), s.ID()))
	}
	stop.Store(true)
	must(t, <-ended)
}
