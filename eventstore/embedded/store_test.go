package embedded_test

import (
	"testing"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/eventstore/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) eventstore.Store {
		t.Helper()
		s, err := embedded.Open(embedded.Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
