package sqlite_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"accountledger/projections/sqlite"
	"accountledger/projections/view"
)

// folderState describes every file in a folder, and the folder.
func folderState(t *testing.T, dir string) (all string) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		var b []byte
		if !d.IsDir() {
			b, err = os.ReadFile(path)
		}
		all += fmt.Sprintln(d.Name(), info.Size(), info.Mode(), info.ModTime().UnixNano(), sha256.Sum256(b))
		return err
	}))
	return all
}

// TestReadOnly queries generations that were closed, and ones that a kill left, one ready and one being filled, through two
// engines at once; the disk does not change.
func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	e, g := open(t, dir)
	docs := crowd(12)
	must(t, g.Write(t.Context(), view.Batch{Documents: docs, Checkpoint: view.Checkpoint("12")}))
	must(t, e.Swap(t.Context(), g.ID()))
	_, schema := newPeople()
	next, err := e.Open(t.Context(), schema, 2)
	must(t, err)
	must(t, next.BeginFill(t.Context()))
	must(t, next.Write(t.Context(), view.Batch{Documents: docs[:5], Checkpoint: view.Checkpoint("5")}))
	must(t, next.Close())
	killed := crash(t, dir)
	must(t, os.Remove(filepath.Join(killed, g.ID().String()+".db-shm")))
	must(t, g.Close())
	for name, dir := range map[string]string{"closed": dir, "killed": killed} {
		t.Run(name, func(t *testing.T) {
			before := folderState(t, dir)
			for range 2 {
				readsAll(t, dir, schema, docs)
			}
			if now := folderState(t, dir); now != before {
				t.Errorf("on the disk is\n%s\nwas\n%s", now, before)
			}
		})
	}
}

func readsAll(t *testing.T, dir string, schema view.Schema, docs []*view.Document) {
	t.Helper()
	e := sqlite.NewReadOnly(dir)
	t.Cleanup(func() { must(t, e.Close()) })
	live, err := e.Live(t.Context(), schema.Name)
	must(t, err)
	all, err := e.Generations(t.Context(), schema.Name)
	must(t, err)
	if live.Number != 1 || len(all) != 2 {
		t.Errorf("live is %s, there are %v", live, all)
	}
	places := [...]string{"12", "5"}
	for i, id := range all {
		g, err := e.Open(t.Context(), schema, id.Number)
		must(t, err)
		t.Cleanup(func() { must(t, g.Close()) })
		if place, err := g.Checkpoint(t.Context(), 0); err != nil || string(place) != places[i] {
			t.Errorf("%s is at %q: %v", id, place, err)
		}
		if found, err := g.Load(t.Context(), []string{docs[3].ID}); err != nil || found[0] == nil {
			t.Errorf("%s has no document: %v", id, err)
		}
		n, err := g.Count(t.Context())
		if id == live && (err != nil || n != int64(len(docs))) || id != live && !errors.Is(err, view.ErrFilling) {
			t.Errorf("%s has %d documents: %v", id, n, err)
		}
		for what, err := range map[string]error{"write": g.Write(t.Context(), view.Batch{Documents: docs}), "fill": g.BeginFill(t.Context()),
			"end": g.EndFill(t.Context())} {
			if !errors.Is(err, sqlite.ErrReading) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	_, missing := e.Open(t.Context(), schema, 3)
	if !errors.Is(missing, view.ErrNoGeneration) {
		t.Errorf("one that is not there: %v", missing)
	}
	for what, err := range map[string]error{"swap": e.Swap(t.Context(), all[1]), "drop": e.Drop(t.Context(), all[1]),
		"remove": e.Remove(t.Context(), schema.Name)} {
		if !errors.Is(err, sqlite.ErrReading) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestReadOnlyOfNothing: a missing folder holds nothing, and is not created.
func TestReadOnlyOfNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "views")
	e := sqlite.NewReadOnly(dir)
	if _, err := e.Live(t.Context(), "people"); !errors.Is(err, view.ErrNoGeneration) {
		t.Errorf("live: %v", err)
	}
	if all, err := e.Generations(t.Context(), "people"); err != nil || len(all) > 0 {
		t.Errorf("%v %v", all, err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it was created: %v", err)
	}
}
