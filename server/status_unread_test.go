package server

import (
	"context"
	"iter"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/eventstore"
	"accountledger/operate"
)

// opened is a new ledger that nobody serves.
func opened(t testing.TB) *Server {
	t.Helper()
	cfg, err := LoadConfig("", map[string]any{"data": filepath.Join(t.TempDir(), "data"), "dev": true, "store.reserve": "-1"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), cfg, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// unreadable is a log that cannot be read.
type unreadable struct{ eventstore.Store }

var errDisk = &eventstore.CorruptError{File: "000007.sst", Offset: 512, Reason: "bad checksum"}

func (unreadable) Head(context.Context) (eventstore.Checkpoint, error) {
	return eventstore.Checkpoint{}, errDisk
}

func (unreadable) ReadStream(context.Context, string, eventstore.Direction, int64) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) { yield(eventstore.Recorded{}, errDisk) }
}

func (unreadable) ReadAll(context.Context, eventstore.Position, int) (eventstore.Page, error) {
	return eventstore.Page{}, errDisk
}

// TestStatusWithoutTheLog (T9): where the log cannot be read the status says so with the cause, and shows everything else.
func TestStatusWithoutTheLog(t *testing.T) {
	s := opened(t)
	s.store = unreadable{s.store}
	if err := s.openJournal(); err != nil {
		t.Fatal(err)
	}
	st, err := operate.ReadStatus.Run(t.Context(), &operate.Operator{Ledger: s.ledger()}, operate.None{}, nil)
	if err != nil || st.Ready || !strings.Contains(st.Reason, "000007.sst") || st.Log.ID == "" || st.Messages == "" || len(st.MasterKeys) != 1 {
		t.Errorf("%v %+v", err, st)
	}
	unread := map[string]string{}
	for _, u := range st.Unread {
		unread[u.What] = u.Cause.String()
	}
	if !strings.Contains(unread["log"], "file 000007.sst, offset 512") {
		t.Errorf("%v", unread)
	}
	if len(st.Faults) == 0 || st.Faults[0].Where != "log" || st.Faults[0].Kind != "damaged" || !st.Faults[0].Current {
		t.Errorf("%+v", st.Faults)
	}
}
