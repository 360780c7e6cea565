package sqlite_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"accountledger/pagesum"
	"accountledger/projections/sqlite"
	"accountledger/projections/view"
)

// TestFlippedBit changes one bit of a generation's file, on every fourth page and in its header: no answer differs from before, and
// if one cannot be given it is view.ErrCorrupt, after which the runner rebuilds the view.
func TestFlippedBit(t *testing.T) {
	t.Parallel()
	const page, documents = 4096, 1500
	dir := t.TempDir()
	docs := crowd(documents)
	must(t, fill(t, dir, docs).Close())
	path := filepath.Join(dir, "people.v1.g1.db")
	whole, err := os.ReadFile(path)
	must(t, err)
	random := rand.New(rand.NewPCG(5, 6))
	offsets := []int{0, 16, 17, 18, 20, 28, 44, 60, 100}
	for n := 0; n < len(whole)/page; n += 4 {
		offsets = append(offsets, n*page+random.IntN(page))
	}
	want, err := answers(t, dir, docs)
	must(t, err)
	told := 0
	for _, offset := range offsets {
		hurt := append([]byte(nil), whole...)
		hurt[offset] ^= 1 << random.IntN(8)
		must(t, os.WriteFile(path, hurt, 0o600))
		got, err := answers(t, dir, docs)
		var damage *pagesum.DamageError
		switch {
		case err == nil && got != want:
			t.Errorf("a bit flipped at %d changes an answer", offset)
		case err != nil && !errors.Is(err, view.ErrCorrupt):
			t.Errorf("a bit flipped at %d: %v", offset, err)
		case errors.As(err, &damage) && (damage.File != path || damage.Offset != int64(offset/page*page)):
			t.Errorf("a bit flipped at %d is reported as %v", offset, err)
		case err != nil:
			told++
		}
	}
	if told < len(offsets)/2 {
		t.Errorf("of %d only %d were reported", len(offsets), told)
	}
}

// TestDamageMetByAQuery: the consumer, which only writes, learns of it with its next write.
func TestDamageMetByAQuery(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	docs := crowd(1500)
	must(t, fill(t, dir, docs).Close())
	path := filepath.Join(dir, "people.v1.g1.db")
	whole, err := os.ReadFile(path)
	must(t, err)
	_, g := open(t, dir)
	page := len(whole) / 4096 / 4 // a quarter into the file are documents
	whole[page*4096+2000] ^= 8
	must(t, os.WriteFile(path, whole, 0o600))
	must(t, g.Write(t.Context(), view.Batch{Checkpoint: view.Checkpoint("before")}))
	ids := make([]string, len(docs))
	for i := range docs {
		ids[i] = docs[i].ID
	}
	if _, err := g.Load(t.Context(), ids); !errors.Is(err, view.ErrCorrupt) {
		t.Fatal(err)
	}
	err = g.Write(t.Context(), view.Batch{Checkpoint: view.Checkpoint("after")})
	var damage *pagesum.DamageError
	if !errors.Is(err, view.ErrCorrupt) || !errors.As(err, &damage) || damage.Offset != int64(page*4096) {
		t.Errorf("a write after it: %v", err)
	}
}

// answers are what a generation holds, by id and by query.
func answers(t *testing.T, dir string, docs []*view.Document) (string, error) {
	t.Helper()
	e, err := sqlite.New(dir)
	must(t, err)
	_, schema := newPeople()
	g, err := e.Open(t.Context(), schema, 1)
	if err != nil {
		return "", err
	}
	defer func() { _ = g.Close() }()
	var all []byte
	ids := make([]string, len(docs))
	for i := range docs {
		ids[i] = docs[i].ID
	}
	found, err := g.Load(t.Context(), ids)
	if err != nil {
		return "", err
	}
	for _, d := range found {
		if d == nil {
			all = append(all, "missing\n"...)
			continue
		}
		all = fmt.Appendf(all, "%s %d %v", d.ID, d.Position, d.Deleted)
		for _, v := range d.Values {
			all = fmt.Appendf(all, " %v %q %d %x", v.Kind(), v.Text(), v.Int64(), v.Sealed())
		}
	}
	for _, q := range []view.Query{
		{Sort: []view.Order{{Field: "joined", Desc: true}}, Limit: view.MaxLimit, Total: true},
		{Sort: []view.Order{{Field: "changed", Desc: true}}, Limit: view.MaxLimit},
		{Words: "word1*", Limit: view.MaxLimit, Total: true},
		{Group: &view.Group{By: []string{"region"}}},
	} {
		result, err := g.Query(t.Context(), q)
		if err != nil {
			return "", err
		}
		all = fmt.Appendf(all, "%d %v", result.Total, result.Groups)
		for _, d := range result.Documents {
			all = fmt.Appendf(all, " %s", d.ID)
		}
	}
	place, err := g.Checkpoint(t.Context(), 0)
	return fmt.Sprintf("%s %s", all, place), err
}
