package projections_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
	"accountledger/projections/view"
)

// whose are the ids in the golden log by what they name.
type whose struct {
	people map[string]bool
	things map[string]bool // that belong to one person
}

// idsOf collects the people of the log, and the ids of what is theirs: their devices, sessions, verifications, addresses, messages, and
// the events about them.
func idsOf(records []journal.Record) whose {
	w := whose{map[string]bool{}, map[string]bool{}}
	for _, r := range records {
		if account, ok := strings.CutPrefix(r.Stream, "account-"); ok {
			w.people[account] = true
		}
		if !r.Subject.IsZero() {
			w.people[r.Subject.String()], w.things[r.ID.String()] = true, true
		}
		w.collect(reflect.ValueOf(r.Event))
	}
	return w
}

func (w whose) collect(v reflect.Value) {
	if !v.IsValid() || !v.CanInterface() {
		return
	}
	switch id := v.Interface().(type) {
	case domain.DeviceID, domain.SessionID, domain.ClaimID, domain.VerificationID, domain.SignUpID, domain.SignInID, domain.DeliveryID:
		w.things[reflect.ValueOf(id).FieldByName("UUID").Interface().(uuid.UUID).String()] = true // an ID has just this field
		return
	}
	if v.Kind() == reflect.Struct {
		for i := range v.NumField() {
			w.collect(v.Field(i))
		}
	}
}

// TestViewsSayWhomTheyName folds the golden log and looks at every keyword that ever holds an id: the view must say whether such ids name
// people, and must not say of a person's that they name nobody. A new view or field cannot forget it.
func TestViewsSayWhomTheyName(t *testing.T) {
	l := projectiontest.New(t)
	l.ReadGolden(goldenLog)
	page, err := l.Journal.ReadAll(t.Context(), journal.Checkpoint{}, 10_000)
	if err != nil || page.Waits != nil {
		t.Fatal(err, page.Waits)
	}
	w := idsOf(page.Records)
	for _, d := range projections.All() {
		fault := map[string]bool{}
		check := func(field view.Field, value string) {
			if len(value) < 36 || uuid.Validate(value[:36]) != nil {
				return
			}
			id := value[:36]
			person, thing := w.people[id], w.things[id]
			if field.Naming == 0 || field.Naming == view.NamesNobody && (person || thing) || field.Naming == view.NamesThing && person {
				fault[field.Name] = true
			}
		}
		for _, doc := range everyDocument(t, d, page.Records) {
			check(d.At(view.IDField), doc.ID)
			for i, v := range doc.Values {
				if v.Kind() == view.Keyword {
					check(d.Fields[i], v.Text())
				}
			}
		}
		for name := range fault {
			t.Errorf("view %s: say of %s whether its ids name people: view.OfPerson, OfThing or OfNobody", d.Name, name)
		}
	}
}

// everyDocument is every document as each event left it.
func everyDocument(t *testing.T, d projections.Declaration, records []journal.Record) (all []*view.Document) {
	t.Helper()
	docs := map[string]*view.Document{}
	for i, r := range records {
		for _, id := range d.Touches(r) {
			after, err := d.Fold(docs[id], id, int64(i+1), r)
			if err != nil {
				t.Fatal(err)
			}
			docs[id], all = after, append(all, after)
		}
	}
	return all
}
