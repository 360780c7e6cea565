package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"accountledger/faults/disk"
	"accountledger/projections/sqlite"
	"accountledger/projections/view"
)

// TestLossOfPower cuts the power while a view is written, at any point of SQLite's work: afterwards
// it may be at an earlier checkpoint, with exactly the documents of that, and continues from there.
func TestLossOfPower(t *testing.T) {
	t.Parallel()
	for name, filling := range map[string]bool{"while it follows the log": false, "while it is filled": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			back, err := losePower(t, disk.Under(t, t.TempDir()), filling)
			if err != nil {
				t.Error(err)
			}
			if back == 0 {
				t.Error("no loss of power took anything back: nothing was tried")
			}
		})
	}
}

// TestLossOfPowerWithoutSync is the control: a view whose syncs do nothing must end in a state that it
// was never in, or the test above proves nothing.
func TestLossOfPowerWithoutSync(t *testing.T) {
	t.Parallel()
	d := disk.Under(t, t.TempDir())
	d.IgnoreSyncs("")
	_, err := losePower(t, d, false)
	if err == nil {
		t.Fatal("every state was one of the view's although nothing was synced")
	}
	t.Logf("lost, as it must be: %.200v", err)
}

// losePower writes documents while the power fails, repeatedly; it counts the losses that took
// something back, and reports those that left a state the view was never in.
func losePower(t *testing.T, d *disk.Disk, filling bool) (back int, err error) {
	t.Helper()
	const batch = 200
	docs, apart := crowd(8_000), 2_000 // enough for the write-ahead file to be copied on the way, which takes 4,000 pages
	_, g := open(t, d.Dir())
	if filling {
		docs, apart = crowd(21_000), 600 // the first commit comes with 20,000
		must(t, g.BeginFill(t.Context()))
	}
	type image struct {
		dir     string
		written int
	}
	var images []image
	random := rand.New(rand.NewPCG(21, 22))
	written, next := 0, 1
	d.Watch(func(op int) { // one goroutine writes, so this one needs no lock
		if op < next || len(images) == 12 {
			return
		}
		next = op + 1 + random.IntN(apart)
		i := image{t.TempDir(), written}
		must(t, d.Cut(i.dir, uint64(len(images))))
		images = append(images, i)
	})
	for i := 0; i < len(docs); i += batch {
		must(t, g.Write(t.Context(), view.Batch{Documents: docs[i : i+batch], Checkpoint: view.Checkpoint(strconv.Itoa(i + batch))}))
		written = i + batch
	}
	if filling {
		must(t, g.EndFill(t.Context()))
	}
	d.Watch(nil)
	if len(images) < 8 {
		t.Fatalf("the power failed only %d times", len(images))
	}
	// By now the write-ahead file has been copied into the view's file at least once, so without syncs these are torn.
	for _, left := range []disk.Survivors{disk.None, disk.Newest, disk.Alternating} {
		i := image{t.TempDir(), written}
		must(t, d.CutLeaving(i.dir, left))
		images = append(images, i)
	}
	for n, i := range images {
		stands, err := standsWhole(t, i.dir, docs, n%7 == 0)
		if err != nil {
			return back, fmt.Errorf("loss %d, %d documents written: %w", n, i.written, err)
		}
		if stands < i.written {
			back++
		}
	}
	return back, nil
}

// standsWhole opens a view after a loss of power and compares its documents with its checkpoint; then it may
// write the rest and check that everything is there.
func standsWhole(t *testing.T, dir string, docs []*view.Document, goOn bool) (stands int, err error) {
	t.Helper()
	e, err := sqlite.New(dir)
	must(t, err)
	_, schema := newPeople()
	g, err := e.Open(t.Context(), schema, 1)
	if err != nil {
		return 0, err
	}
	defer func() { must(t, g.Close()) }()
	place, err := g.Checkpoint(t.Context(), 0)
	if err != nil {
		return 0, err
	}
	if place != nil {
		stands, err = strconv.Atoi(string(place))
		must(t, err)
	}
	var ids []string
	var places []int
	for i := range docs { // all of those about the checkpoint, and some of all others
		if i > stands-400 && i < stands+400 || i%7 == 0 {
			ids, places = append(ids, docs[i].ID), append(places, i)
		}
	}
	found, err := g.Load(t.Context(), ids)
	if err != nil {
		return stands, err
	}
	for n, f := range found {
		if i := places[n]; (f != nil) != (i < stands) || f != nil && !f.Equal(docs[i]) {
			return stands, fmt.Errorf("the view's checkpoint is %d, but document %d does not agree", stands, i+1)
		}
	}
	if !goOn {
		return stands, nil
	}
	must(t, g.Write(t.Context(), view.Batch{Documents: docs[stands:]}))
	must(t, g.EndFill(t.Context()))
	r, err := g.Query(t.Context(), view.Query{Total: true, Words: "signed"})
	if err != nil {
		return stands, err
	}
	if r.Total != int64(len(docs)) {
		return stands, fmt.Errorf("%d documents are found after continuing, of %d", r.Total, len(docs))
	}
	sameTallies(t, dir, schema)
	return stands, nil
}
