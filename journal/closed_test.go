package journal_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
)

// A newer program's value of a closed set makes readers wait, as its types do, wherever in the event the value is.
func TestAValueThatTheProgramDoesNotKnow(t *testing.T) {
	for name, c := range map[string]struct{ typ, data, metadata, field string }{
		"a field": {"device.unlinked.v1", `{"device":"` + uuid.Nil.String() + `","kind":"toaster"}`, metadata, "/kind"},
		"an embedded field": {"permission.granted.v1",
			`{"permission":"location","for":"weather","legal_basis":"whim","method":"settings","given_by":"self","capacity":"self","previous":"none"}`,
			metadata, "/legal_basis"},
		"a list":           {"access.revealed.v1", `{"parts":["email","shoe_size"],"found":true}`, metadata, "/parts"},
		"the actor's kind": {"erasure.started.v1", `{}`, strings.Replace(metadata, `"kind":"system"`, `"kind":"robot"`, 1), "metadata/actor/kind"},
		"the channel":      {"erasure.started.v1", `{}`, strings.Replace(metadata, `"channel":"process"`, `"channel":"pigeon"`, 1), "metadata/channel"},
	} {
		s := openStore(t)
		j := journal.New(s, registry(t), newKeys(""))
		put(t, s, "x-1", c.typ, c.data, c.metadata)
		_, err := read(t, j, "x-1")
		var unknown *journal.UnknownTypeError
		if !errors.As(err, &unknown) || unknown.Field != c.field || unknown.Type != c.typ {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Lists of structs are looked into.
func TestAValueInsideAList(t *testing.T) {
	type holds struct {
		All []struct {
			Kind domain.DeviceKind `json:"kind"`
		} `json:"all"`
	}
	r, err := journal.NewRegistry([]journal.Type{journal.Event[holds]("x.y.v1")}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Decode("x.y.v1", []byte(`{"all":[{"kind":"watch"},{"kind":"phone"}]}`)); err != nil {
		t.Error(err)
	}
	var unknown *journal.UnknownTypeError
	if _, err := r.Decode("x.y.v1", []byte(`{"all":[{"kind":"watch"},{"kind":"toaster"}]}`)); !errors.As(err, &unknown) || unknown.Field != "/all/kind" {
		t.Error(err)
	}
}
