package projections_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
	"accountledger/projections/view"
	"accountledger/replay"
)

func rebuilt(t *testing.T, l *projectiontest.Ledger) {
	t.Helper()
	if err := replay.Rebuild(t.Context(), replay.Deps{Journal: l.Journal, Engine: l.Engine, Views: projections.All()}, nil, nil); err != nil {
		t.Fatal(err)
	}
}

func TestViewsHoldNothingPersonalInClear(t *testing.T) {
	l := projectiontest.New(t)
	everything(l)
	rebuilt(t, l)
	files, err := filepath.Glob(filepath.Join(l.Views, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	for _, control := range []string{"wellness_insights", "account.opened", "LEG-2026-1"} {
		if !bytes.Contains(all, []byte(control)) {
			t.Errorf("the scan does not even find %s", control)
		}
	}
	for _, said := range personal() {
		if bytes.Contains(all, []byte(said)) {
			t.Errorf("a view holds %q", said)
		}
	}
}

func TestACarriedPartOpensUntilItsKeyIsGone(t *testing.T) {
	l := projectiontest.New(t)
	p := l.SignUp("DE", "anna@example.org", nil)
	id := p.Link("phone", "a model", "a name")
	p.Rename(id, "another name")
	rebuilt(t, l)
	email := sealed(t, l, projections.Accounts().Schema, "email")
	name := sealed(t, l, projections.Devices().Schema, "name")
	if c, err := journal.OpenCarried[domain.Contact](t.Context(), l.Journal, email); err != nil || c.Typed != "anna@example.org" {
		t.Fatal(err)
	}
	if n, err := journal.OpenCarried[domain.DeviceText](t.Context(), l.Journal, name); err != nil || n.Text != "another name" {
		t.Fatal(err)
	}
	if err := l.Journal.Destroy(t.Context(), domain.AccountKey(p.ID)); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.OpenCarried[domain.Contact](t.Context(), l.Journal, email); !errors.Is(err, journal.ErrUnreadable) {
		t.Error(err)
	}
	if _, err := journal.OpenCarried[domain.DeviceText](t.Context(), l.Journal, name); !errors.Is(err, journal.ErrUnreadable) {
		t.Error(err)
	}
}

// sealed gives a sealed field of a view's only document.
func sealed(t *testing.T, l *projectiontest.Ledger, schema view.Schema, field string) []byte {
	t.Helper()
	docs := live(t, l, schema)
	if len(docs) != 1 {
		t.Fatalf("%d documents", len(docs))
	}
	return docs[0].Values[schema.Field(field)].Sealed()
}

func TestAnAccountThatWasNeverOpenedIsAFault(t *testing.T) {
	d := projections.Accounts()
	r := journal.Record{Fact: domain.Fact{Stream: "account-1", Event: domain.ErasureStarted{}}}
	if _, err := d.Fold(nil, "account-1", 1, r); err == nil {
		t.Error("a document of an account that was never opened")
	}
}
