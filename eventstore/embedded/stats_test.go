package embedded_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
)

// TestStats: new appends are counted once, in groups, each with the time of its fsync.
func TestStats(t *testing.T) {
	t.Parallel()
	s, err := embedded.Open(embedded.Options{Dir: t.TempDir(), ReserveBytes: 4096})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if st := s.Stats(); st.Appends != 0 || st.Head != 0 || st.Latched || !st.KnowsFree || st.Free == 0 || st.Reserve != 4096 || sum(st.Groups.Counts) != 0 {
		t.Errorf("of a new store: %+v", st)
	}
	const writers, each = 8, 20
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range each {
				two := []eventstore.Event{{ID: uuid.New(), Type: "a.b.v1", Data: []byte("x")}, {ID: uuid.New(), Type: "a.b.v1", Data: []byte("y")}}
				stream := fmt.Sprintf("s-%d-%d", w, n)
				for range 2 { // the second time it is a repeat
					if _, err := s.Append(t.Context(), stream, eventstore.NoStream, two...); err != nil {
						t.Error(err)
					}
				}
				if _, err := s.Append(t.Context(), stream, eventstore.NoStream, eventstore.Event{ID: uuid.New(), Type: "a.b.v1"}); err == nil {
					t.Error("a conflict was appended")
				}
			}
		})
	}
	wg.Wait()
	st := s.Stats()
	groups := sum(st.Groups.Counts)
	if st.Appends != writers*each || st.Events != 2*writers*each || st.Head != st.Events || st.Groups.Sum != writers*each || groups == 0 || groups > st.Appends {
		t.Errorf("%+v", st)
	}
	if sum(st.Sync.Counts) != groups || st.Sync.Sum <= 0 || len(st.Sync.Counts) != len(st.Sync.Bounds)+1 {
		t.Errorf("syncs: %+v", st.Sync)
	}
}

func sum(all []uint64) (n uint64) {
	for _, one := range all {
		n += one
	}
	return n
}
