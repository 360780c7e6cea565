package projections_test

import (
	"reflect"
	"slices"
	"testing"

	"accountledger/journal"
	"accountledger/projections"
)

// Every view has one rule for every type of event: it folds it, or ignores it on purpose.
func TestEveryViewKnowsEveryType(t *testing.T) {
	var all []reflect.Type
	for _, typ := range journal.Types() {
		all = append(all, reflect.TypeOf(typ.New()))
	}
	for _, d := range projections.All() {
		for _, typ := range all {
			if !slices.Contains(d.Types, typ) {
				t.Errorf("view %s has no rule for %s: fold it, or list it with ignore", d.Name, typ)
			}
		}
		for _, typ := range d.Types {
			if !slices.Contains(all, typ) {
				t.Errorf("view %s has a rule for %s, which is not registered", d.Name, typ)
			}
		}
	}
}
