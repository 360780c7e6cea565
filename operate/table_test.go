package operate_test

import (
	"errors"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"accountledger/eventstore"
	"accountledger/operate"
)

// Every row of the table says one thing about each operation.
func TestOperations(t *testing.T) {
	names := map[string]bool{}
	for _, op := range operate.Operations() {
		o := op.About()
		switch {
		case o.Name == "" || names[o.Name]:
			t.Errorf("%q is no name of its own", o.Name)
		case o.Text && o.Progress:
			t.Errorf("%s writes text, so it cannot report progress", o.Name)
		case (o.Records == operate.Unrecorded) != (o.As == ""):
			t.Errorf("%s: recorded as %q", o.Name, o.As)
		}
		if o.As != "" && o.As.Validate() != nil {
			t.Errorf("%s is recorded as %q, which is no operation", o.Name, o.As)
		}
		names[o.Name] = true
	}
}

// A ledger opened for reading refuses, before it touches anything, whatever does not only read.
func TestReadOnly(t *testing.T) {
	reading := &operate.Operator{Ledger: &operate.Ledger{ReadOnly: true}}
	for _, op := range operate.Operations() {
		if op.About().Reads {
			continue
		}
		in := jsontext.Value("{}")
		if op.About().Name == operate.Compare.Name {
			in = jsontext.Value("[]")
		}
		if _, err := reading.Call(t.Context(), op, in, nil, nil); !errors.Is(err, eventstore.ErrReadOnly) {
			t.Errorf("%s: %v", op.About().Name, err)
		}
	}
}
