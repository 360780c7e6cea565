package embedded_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
)

// TestSalvage damages every file of a log on disk in turn: Salvage returns a prefix of what was written, all of it if the
// damage is not in an event, and does not change the log itself.
func TestSalvage(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "log")
	opts := embedded.Options{Dir: dir, Witness: filepath.Join(root, "log.acknowledged"), ReserveBytes: -1}
	var ids []uuid.UUID
	var id uuid.UUID
	write := func(n int) {
		t.Helper()
		s, err := embedded.Open(opts)
		if err != nil {
			t.Fatal(err)
		}
		if id, err = s.LogID(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range n {
			e := eventstore.Event{ID: uuid.New(), Type: "t", Data: []byte(strings.Repeat("x", 300)), Metadata: []byte("{}")}
			if _, err := s.Append(t.Context(), fmt.Sprintf("s-%d", len(ids)), eventstore.NoStream, e); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, e.ID)
		}
		if n == 150 { // the last ones are in the write-ahead file
			if err := os.CopyFS(filepath.Join(root, "crashed"), os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	write(400)
	write(300)
	write(150)
	salvage := func(from string) (eventstore.Salvaged, int) {
		t.Helper()
		n := 0
		o := opts
		o.Dir = from
		out, err := embedded.OpenSalvage(t.Context(), o, filepath.Join(root, "scratch"))
		if err != nil {
			t.Fatal(err)
		}
		err = out.Each(t.Context(), func(e *eventstore.Recorded) error {
			if n >= len(ids) || e.ID != ids[n] || e.Position.Commit() != uint64(n+1) {
				t.Fatalf("event %d differs", n)
			}
			n++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if out.Events != int64(n) {
			t.Errorf("%d events passed on: %+v", n, out)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Salvaged, n
	}
	for _, from := range []string{dir, filepath.Join(root, "crashed")} {
		if out, n := salvage(from); n != len(ids) || len(out.Damage) > 0 || out.Log != id || out.Acknowledged != int64(n) || out.Behind != 0 {
			t.Fatalf("an undamaged log: %+v", out)
		}
	}
	hurt := filepath.Join(root, "hurt")
	entries, err := os.ReadDir(filepath.Join(root, "crashed", "pebble"))
	if err != nil {
		t.Fatal(err)
	}
	cut, manifest := 0, ""
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), "MANIFEST") {
			manifest = entry.Name() // the last one is in use
		}
	}
	for _, entry := range entries {
		for name, damage := range map[string]func(path string, b []byte) error{
			"flipped": func(path string, b []byte) error { b[len(b)/2] ^= 4; return os.WriteFile(path, b, 0o600) },
			"halved":  func(path string, b []byte) error { return os.WriteFile(path, b[:len(b)/2], 0o600) },
			"removed": func(path string, _ []byte) error { return os.Remove(path) },
		} {
			if err := os.RemoveAll(hurt); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(hurt, os.DirFS(filepath.Join(root, "crashed"))); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(hurt, "pebble", entry.Name())
			b, err := os.ReadFile(path)
			if err != nil || len(b) == 0 {
				continue
			}
			if err := damage(path, b); err != nil {
				t.Fatal(err)
			}
			before := files(t, hurt)
			out, n := salvage(hurt)
			if after := files(t, hurt); after != before {
				t.Errorf("%s %s: the log was changed", entry.Name(), name)
			}
			holds := strings.HasSuffix(entry.Name(), ".sst") || strings.HasSuffix(entry.Name(), ".log")
			if n < len(ids) {
				cut++
			}
			if !holds && n != len(ids) {
				t.Errorf("%s %s: %d of %d events: %+v", entry.Name(), name, n, len(ids), out)
			}
			if entry.Name() == manifest && len(out.Damage) == 0 && name != "halved" {
				t.Errorf("%s %s is not named: %+v", entry.Name(), name, out)
			}
		}
	}
	if cut == 0 {
		t.Error("no damage cost anything")
	}
}

func files(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			fmt.Fprintln(&all, path, info.Size(), info.ModTime().UnixNano())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
