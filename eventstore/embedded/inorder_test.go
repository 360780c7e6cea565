package embedded_test

import (
	"errors"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/eventstore/storetest"
)

// The index is so small that the tails of streams are read from the disk too.
func openInOrder(t *testing.T) *embedded.Store {
	t.Helper()
	s, err := embedded.Open(embedded.Options{Dir: "log", FS: vfs.NewMem(), ReserveBytes: -1, IndexAppends: 50})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestInOrder(t *testing.T) {
	t.Parallel()
	storetest.RunInOrder(t, func(t *testing.T) eventstore.Store { t.Helper(); return openInOrder(t) })
}

func TestAppendInOrderHeedsTheFence(t *testing.T) {
	t.Parallel()
	s := openInOrder(t)
	defer func() { _ = s.Close() }()
	if err := s.Fence(t.Context(), eventstore.Fence{Reason: eventstore.FenceArchive}); err != nil {
		t.Fatal(err)
	}
	done, err := s.AppendInOrder(t.Context(), eventstore.Batch{Stream: "c", Expected: eventstore.NoStream,
		Events: []eventstore.Event{{ID: uuid.New(), Type: "t.v1", Data: []byte("d"), Metadata: []byte("m")}}})
	if len(done) != 0 || !errors.Is(err, eventstore.ErrFenced) {
		t.Errorf("%d %v", len(done), err)
	}
}
