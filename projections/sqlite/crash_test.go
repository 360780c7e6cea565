package sqlite_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"accountledger/projections/sqlite"
	"accountledger/projections/view"
)

func open(t *testing.T, dir string) (*sqlite.Engine, view.Generation) {
	t.Helper()
	e, err := sqlite.New(dir)
	must(t, err)
	_, schema := newPeople()
	g, err := e.Open(t.Context(), schema, 1)
	must(t, err)
	t.Cleanup(func() { must(t, g.Close()) })
	return e, g
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// crash returns the folder as a process killed now would leave it.
func crash(t *testing.T, dir string) string {
	t.Helper()
	image := t.TempDir()
	must(t, os.CopyFS(image, os.DirFS(dir)))
	return image
}

// TestCrash checks that what Write acknowledged is there after a crash, and that
// checkpoint and documents belong together.
func TestCrash(t *testing.T) {
	dir := t.TempDir()
	_, g := open(t, dir)
	docs := crowd(40)
	for i, d := range docs {
		must(t, g.Write(t.Context(), view.Batch{Documents: docs[i : i+1], Checkpoint: view.Checkpoint(fmt.Sprint(d.Position))}))
		if i%10 != 9 {
			continue
		}
		_, after := open(t, crash(t, dir))
		n, err := after.Count(t.Context())
		must(t, err)
		place, err := after.Checkpoint(t.Context(), 0)
		must(t, err)
		if n != int64(i+1) || string(place) != fmt.Sprint(i+1) {
			t.Errorf("after %d writes and a crash: %d documents", i+1, n)
		}
	}
}

// TestCrashWhileFilling checks that a crash takes back checkpoints only with their
// documents, and that filling continues from there.
func TestCrashWhileFilling(t *testing.T) {
	dir := t.TempDir()
	_, g := open(t, dir)
	docs := crowd(25_000)
	must(t, g.BeginFill(t.Context()))
	for i := 0; i < len(docs); i += 5_000 {
		must(t, g.Write(t.Context(), view.Batch{Documents: docs[i : i+5_000], Checkpoint: view.Checkpoint(strconv.Itoa(i + 5_000))}))
	}
	_, after := open(t, crash(t, dir))
	place, err := after.Checkpoint(t.Context(), 0)
	must(t, err)
	done, err := strconv.Atoi(string(place))
	must(t, err)
	if done == 0 || done == len(docs) {
		t.Fatalf("the crash should hit the middle, not %d", done)
	}
	must(t, after.Write(t.Context(), view.Batch{Documents: docs[done:]}))
	must(t, after.EndFill(t.Context()))
	r, err := after.Query(t.Context(), view.Query{Total: true, Words: "signed"})
	must(t, err)
	if r.Total != int64(len(docs)) {
		t.Errorf("%d documents after continuing to fill, want %d", r.Total, len(docs))
	}
}

func TestFillingIsKeptByClose(t *testing.T) {
	dir := t.TempDir()
	_, g := open(t, dir)
	must(t, g.BeginFill(t.Context()))
	must(t, g.Write(t.Context(), view.Batch{Documents: crowd(3), Checkpoint: view.Checkpoint("3")}))
	must(t, g.Close())
	_, again := open(t, dir)
	if _, err := again.Query(t.Context(), view.Query{}); !errors.Is(err, view.ErrFilling) {
		t.Errorf("a query before EndFill: %v", err)
	}
	must(t, again.EndFill(t.Context()))
	if n, err := again.Count(t.Context()); err != nil || n != 3 {
		t.Errorf("%d documents, %v", n, err)
	}
}

// TestDamage checks that damaged files are reported as such, never read as if they
// were whole.
func TestDamage(t *testing.T) {
	for name, damage := range map[string]func(file []byte) []byte{
		"no database":   func([]byte) []byte { return bytes.Repeat([]byte("nonsense"), 1024) },
		"half a page":   func(file []byte) []byte { return file[:len(file)-len(file)%4096-2048] },
		"torn tables":   func(file []byte) []byte { copy(file[4096:], bytes.Repeat([]byte{0x55}, len(file)-4096)); return file },
		"another store": func(file []byte) []byte { return bytes.ReplaceAll(file, []byte("meta"), []byte("mate")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			_, g := open(t, dir)
			must(t, g.Write(t.Context(), view.Batch{Documents: crowd(500)}))
			must(t, g.Close())
			path := filepath.Join(dir, "people.v1.g1.db")
			file, err := os.ReadFile(path)
			must(t, err)
			must(t, os.WriteFile(path, damage(file), 0o600))

			e, err := sqlite.New(dir)
			must(t, err)
			_, schema := newPeople()
			damaged, err := e.Open(t.Context(), schema, 1)
			if err == nil {
				err = askAll(t, damaged)
				must(t, damaged.Close())
			}
			if !errors.Is(err, view.ErrCorrupt) {
				t.Fatalf("not reported as damage: %v", err)
			}
			// The caller's way out: drop it and rebuild the view.
			must(t, e.Drop(t.Context(), view.GenerationID{View: "people", Version: 1, Number: 1}))
			again, err := e.Open(t.Context(), schema, 1)
			must(t, err)
			must(t, again.Close())
		})
	}
}

// askAll reads what a generation holds: documents, indexes and tallies.
func askAll(t *testing.T, g view.Generation) error {
	t.Helper()
	var errs []error
	for _, q := range []view.Query{
		{Limit: view.MaxLimit, Total: true},
		{Sort: []view.Order{{Field: "joined"}}},
		{Sort: []view.Order{{Field: "changed", Desc: true}}},
		{Words: "signed", Total: true},
		{Filter: view.Compare("region", view.Eq, view.Text("DE")), Group: &view.Group{By: []string{"state"}}},
		{Group: &view.Group{By: []string{"kind", "state"}}},
		{Histogram: &view.Histogram{Field: "joined", Interval: view.Hour, Zone: "Asia/Kolkata"}},
		{Histogram: &view.Histogram{Field: "changed", Interval: view.Hour, Zone: "Asia/Kolkata"}},
	} {
		_, err := g.Query(t.Context(), q)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func TestDamagedLiveFile(t *testing.T) {
	dir := t.TempDir()
	e, g := open(t, dir)
	must(t, e.Swap(t.Context(), g.ID()))
	must(t, os.WriteFile(filepath.Join(dir, "people.live"), []byte("people.v1.g01"), 0o600))
	if _, err := e.Live(t.Context(), "people"); !errors.Is(err, view.ErrCorrupt) {
		t.Errorf("a damaged name of the live generation: %v", err)
	}
	if _, err := e.Live(t.Context(), "../people"); !errors.Is(err, view.ErrNoGeneration) {
		t.Errorf("an impossible name: %v", err)
	}
	if err := e.Close(); err == nil {
		t.Error("closing an engine with open generations must say so")
	}
}

// TestPrivate checks that nobody else on the machine can read a view.
func TestPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "views")
	e, g := open(t, dir)
	must(t, g.Write(t.Context(), view.Batch{Documents: crowd(3)}))
	must(t, e.Swap(t.Context(), g.ID()))
	must(t, filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be read by others", info.Name())
		}
		return err
	}))
}
