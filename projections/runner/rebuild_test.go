package runner_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"accountledger/consumers"
	"accountledger/domain"
	"accountledger/internal/await"
	"accountledger/journal"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
	"accountledger/projections/runner"
	"accountledger/projections/view"
)

// other is a view of what happened, in a version.
func other(version int) runner.Declaration {
	var f view.Fields
	typ := f.Keyword("type")
	if version > 1 {
		f.Number("more", view.Optional)
	}
	return runner.Declaration{
		Schema:  view.Schema{Name: "other", Version: version, Fields: f},
		Touches: func(r journal.Record) []string { return []string{r.ID.String()} },
		Reduce: func(d *view.Document, r journal.Record) error {
			typ.Set(d, r.Type)
			return nil
		},
	}
}

func TestViewsOfAnotherLogAreMadeAnew(t *testing.T) {
	first := projectiontest.New(t)
	x := start(t, first, projections.All())
	first.SignUp("DE", "anna@example.org", nil)
	first.SignUp("DE", "bela@example.org", nil)
	for _, d := range projections.All() {
		x.wait(t, d.Name, first.Head().Position)
	}
	x.stop(t)

	second := projectiontest.New(t)
	second.Engine = first.Engine
	second.SignUp("FR", "cleo@example.org", nil)
	x = start(t, second, projections.All())
	x.wait(t, "accounts", second.Head().Position)
	docs := x.documents(t, "accounts")
	if len(docs) != 1 {
		t.Fatalf("%d accounts", len(docs))
	}
	if !strings.Contains(x.log.String(), "another log") {
		t.Errorf("the log does not say why:\n%s", x.log)
	}
	for _, d := range projections.All() {
		x.wait(t, d.Name, second.Head().Position)
		if left, err := second.Engine.Generations(t.Context(), d.Name); err != nil || len(left) != 1 {
			t.Errorf("%s: %v %v", d.Name, left, err)
		}
	}
}

// TestAPlaceThatTheLogLost keeps a view that stands where this log has another event: the log was put back, and what the view
// knows of is not forgotten.
func TestAPlaceThatTheLogLost(t *testing.T) {
	l := projectiontest.New(t)
	x := start(t, l, []runner.Declaration{other(1)})
	l.Notices("location")
	x.wait(t, "other", l.Head().Position)
	err := x.views.Use("other", func(g view.Generation) error {
		forged := strings.Replace(string(checkpoint(t, g)), l.Head().Event.String(), uuid.NewString(), 1)
		return g.Write(t.Context(), view.Batch{Checkpoint: []byte(forged)})
	})
	if err != nil {
		t.Fatal(err)
	}
	x.stop(t)
	x = start(t, l, []runner.Declaration{other(1)})
	await.Until(t, "the view waits", func() bool {
		s := x.status(t, "other")
		return s.State == consumers.Waiting && strings.Contains(s.Reason, "does not belong to")
	})
	if strings.Contains(x.log.String(), "view is filled\"") || len(x.documents(t, "other")) == 0 {
		t.Errorf("it was made again:\n%s", x.log)
	}
}

func checkpoint(t *testing.T, g view.Generation) view.Checkpoint {
	t.Helper()
	at, err := g.Checkpoint(context.WithoutCancel(t.Context()), 0)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestANewVersionIsFilledAndTheOldOneDropped(t *testing.T) {
	l := projectiontest.New(t)
	x := start(t, l, []runner.Declaration{other(1)})
	l.Notices("location")
	x.wait(t, "other", l.Head().Position)
	x.stop(t)
	x = start(t, l, []runner.Declaration{other(2)})
	x.wait(t, "other", l.Head().Position)
	if n := len(x.documents(t, "other")); n != int(l.Head().Position.Int64()) {
		t.Errorf("%d documents", n)
	}
	all, err := l.Engine.Generations(t.Context(), "other")
	if err != nil || len(all) != 1 || all[0].Version != 2 {
		t.Errorf("%v %v", all, err)
	}
}

func TestAFillingThatWasCutOffGoesOn(t *testing.T) {
	l := projectiontest.New(t)
	l.Notices("location")
	half := l.Head()
	d := other(1)
	g, err := l.Engine.Open(t.Context(), d.Schema, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.BeginFill(t.Context()); err != nil {
		t.Fatal(err)
	}
	f, err := runner.NewFilling(t.Context(), &d, g, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := runner.Fill(t.Context(), l.Journal, f)[0]; err != nil || f.Checkpoint() != half {
		t.Fatalf("%v %v", f.Checkpoint(), err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}

	l.Notices("contacts")
	folded := 0
	d = other(1)
	reduce := d.Reduce
	d.Reduce = func(doc *view.Document, r journal.Record) error { folded++; return reduce(doc, r) }
	x := start(t, l, []runner.Declaration{d})
	x.wait(t, "other", l.Head().Position)
	x.stop(t)
	if want := int(l.Head().Position.Int64() - half.Position.Int64()); folded != want {
		t.Errorf("%d events folded, want %d", folded, want)
	}
}

func TestADamagedViewIsMadeAnew(t *testing.T) {
	l := projectiontest.New(t)
	x := start(t, l, []runner.Declaration{other(1)})
	l.Notices("location")
	x.wait(t, "other", l.Head().Position)
	x.stop(t)
	id, err := l.Engine.Live(t.Context(), "other")
	if err != nil {
		t.Fatal(err)
	}
	damage(t, l, id)
	x = start(t, l, []runner.Declaration{other(1)})
	x.wait(t, "other", l.Head().Position)
	if n := len(x.documents(t, "other")); n != int(l.Head().Position.Int64()) || !strings.Contains(x.log.String(), "damaged") {
		t.Errorf("%d documents\n%s", n, x.log)
	}
}

func TestAFillingThatFailsIsTriedAgainAfterAHold(t *testing.T) {
	l := projectiontest.New(t)
	p := l.SignUp("DE", "anna@example.org", map[domain.Permission]*domain.Notices{"location": l.Notices("location")})
	p.Set("location", "weather", true)
	p.Set("location", "weather", false)
	var mended bool
	var tried int
	x := start(t, l, []runner.Declaration{fragile(&mended, &tried), other(1)})
	x.wait(t, "other", l.Head().Position)
	await.Until(t, "the view stops", func() bool { return x.status(t, "fragile").State == consumers.Stopped })
	if err := x.views.Use("fragile", func(view.Generation) error { return nil }); err == nil {
		t.Error("half a view answers")
	}
	release, err := x.Hold(t.Context(), "fragile")
	if err != nil {
		t.Fatal(err)
	}
	mended = true
	release()
	x.wait(t, "fragile", l.Head().Position)
}

// damage spoils the beginning of a generation's file.
func damage(t *testing.T, l *projectiontest.Ledger, id view.GenerationID) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(l.Views, id.String()+".db"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(bytes.Repeat([]byte{0xff}, 200), 0)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}
