package viewtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"accountledger/projections/view"
)

func expectCheckpoint(t testing.TB, g view.Generation, partition int, want string) {
	t.Helper()
	must(t, g.Refresh(t.Context()))
	written, err := g.Checkpoint(t.Context(), partition)
	must(t, err)
	searchable, err := g.Searchable(t.Context(), partition)
	must(t, err)
	if string(written) != want || string(searchable) != want {
		t.Errorf("partition %d: not the checkpoint that was written", partition)
	}
}

func testCheckpoints(t *testing.T, open func(*testing.T) view.Engine) {
	_, g := fresh(t, open)
	expectCheckpoint(t, g, 0, "")
	must(t, g.Write(t.Context(), view.Batch{Checkpoint: view.Checkpoint("one\x00")}))
	must(t, g.Write(t.Context(), view.Batch{Partition: 3, Checkpoint: view.Checkpoint("three"), Documents: []*view.Document{plain("a", 1, "x")}}))
	expectCheckpoint(t, g, 0, "one\x00")
	expectCheckpoint(t, g, 3, "three")
	write(t, g, plain("b", 2, "x"))
	expectCheckpoint(t, g, 0, "one\x00")
	must(t, g.Write(t.Context(), view.Batch{Checkpoint: view.Checkpoint("two")}))
	expectCheckpoint(t, g, 0, "two")

	long := view.Checkpoint(bytes.Repeat([]byte{7}, view.MaxCheckpoint+1))
	if g.Write(t.Context(), view.Batch{Checkpoint: long}) == nil {
		t.Error("a checkpoint beyond the limit was accepted")
	}
	expectCheckpoint(t, g, 0, "two")

	// An interrupted write leaves no checkpoint without its documents.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.Write(ctx, view.Batch{Documents: []*view.Document{plain("c", 3, "x")}, Checkpoint: view.Checkpoint("three")}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled write returned %v", err)
	}
	expectCheckpoint(t, g, 0, "two")
}

func testReopen(t *testing.T, open func(*testing.T) view.Engine) {
	e := open(t)
	schema := testSchema(uniqueName())
	g := generation(t, e, schema, 1)
	must(t, g.Write(t.Context(), view.Batch{
		Documents:  []*view.Document{full("a", 1), tombstone("b", 2)},
		Checkpoint: view.Checkpoint("place"),
	}))
	must(t, e.Swap(t.Context(), g.ID()))
	must(t, g.Close())
	must(t, g.Close())
	must(t, e.Close())

	e = open(t)
	closeLater(t, e)
	live, err := e.Live(t.Context(), schema.Name)
	must(t, err)
	g = generation(t, e, schema, live.Number)
	closeLater(t, g)
	expect(t, g, full("a", 1), tombstone("b", 2))
	expectCheckpoint(t, g, 0, "place")
	expectWords(t, g, "fox", 1)
}

func testMismatch(t *testing.T, open func(*testing.T) view.Engine) {
	e := open(t)
	schema := testSchema(uniqueName())
	must(t, generation(t, e, schema, 1).Close())
	must(t, e.Close())
	e = open(t)
	closeLater(t, e)
	changed := schema
	changed.Fields = append(slices.Clone(schema.Fields), view.Field{Name: "more", Kind: view.Bool, Optional: true})
	if _, err := e.Open(t.Context(), changed, 1); !errors.Is(err, view.ErrMismatch) {
		t.Errorf("another declaration under the same version: %v", err)
	}
	changed.Version = 2
	next, err := view.NextNumber(t.Context(), e, schema.Name)
	must(t, err)
	if next != 2 {
		t.Errorf("the next number is %d, want 2", next)
	}
	g := generation(t, e, changed, next)
	closeLater(t, g)
	dropLater(t, e, g)
	if g.ID() != (view.GenerationID{View: schema.Name, Version: 2, Number: 2}) {
		t.Error("the generation's id is not the one it was opened with")
	}
	bad := schema
	bad.Fields = append(slices.Clone(schema.Fields), view.Field{Name: "no name", Kind: view.Bool})
	if _, err := e.Open(t.Context(), bad, 3); err == nil {
		t.Error("a declaration with an invalid name was accepted")
	}
	must(t, e.Drop(t.Context(), view.GenerationID{View: schema.Name, Version: 1, Number: 1}))
}

func testSwap(t *testing.T, open func(*testing.T) view.Engine) {
	e, old := fresh(t, open)
	ctx, name := t.Context(), old.ID().View
	if _, err := e.Live(ctx, name); !errors.Is(err, view.ErrNoGeneration) {
		t.Errorf("Live before the first Swap: %v", err)
	}
	if err := e.Swap(ctx, view.GenerationID{View: name, Version: 1, Number: 9}); !errors.Is(err, view.ErrNoGeneration) {
		t.Errorf("Swap to what does not exist: %v", err)
	}
	write(t, old, plain("a", 1, "old"))
	must(t, old.Refresh(ctx))
	must(t, e.Swap(ctx, old.ID()))

	next := generation(t, e, *old.Schema(), 2)
	closeLater(t, next)
	write(t, next, plain("a", 1, "new"))
	must(t, next.Refresh(ctx))
	expectLive(t, e, old.ID())

	// Readers of the old one keep reading it while the new one goes live.
	reader := generation(t, e, *old.Schema(), 1)
	must(t, e.Swap(ctx, next.ID()))
	expectLive(t, e, next.ID())
	must(t, e.Drop(ctx, old.ID()))
	all, err := e.Generations(ctx, name)
	must(t, err)
	if !slices.Equal(all, []view.GenerationID{next.ID()}) {
		t.Errorf("%d generations are listed after a drop, want 1", len(all))
	}
	result, err := reader.Query(ctx, view.Query{Filter: view.Compare("colour", view.Eq, view.Text("old"))})
	must(t, err)
	if len(result.Documents) != 1 {
		t.Error("a reader lost its generation in a swap")
	}
	must(t, reader.Close())
	must(t, e.Swap(ctx, next.ID()))
	must(t, e.Remove(ctx, name))
}

func expectLive(t testing.TB, e view.Engine, want view.GenerationID) {
	t.Helper()
	live, err := e.Live(t.Context(), want.View)
	must(t, err)
	if live != want {
		t.Error("another generation is live")
	}
}

func testDrop(t *testing.T, open func(*testing.T) view.Engine) {
	e := open(t)
	closeLater(t, e)
	ctx, schema := t.Context(), testSchema(uniqueName())
	for number := 1; number <= 11; number++ {
		g := generation(t, e, schema, number)
		write(t, g, plain("a", 1, "x"))
		must(t, g.Close())
	}
	all, err := e.Generations(ctx, schema.Name)
	must(t, err)
	if len(all) != 11 || all[10].Number != 11 || all[1].Number != 2 {
		t.Error("generations are not listed by number")
	}
	must(t, e.Swap(ctx, all[4]))
	for _, id := range all {
		switch err := e.Drop(ctx, id); {
		case id == all[4] && !errors.Is(err, view.ErrLive):
			t.Errorf("dropping the live one: %v", err)
		case id != all[4] && err != nil:
			t.Error(err)
		}
	}
	must(t, e.Drop(ctx, all[0]))
	left, err := e.Generations(ctx, schema.Name)
	must(t, err)
	if !slices.Equal(left, all[4:5]) {
		t.Errorf("%d generations are left, want the live one", len(left))
	}
	// A dropped number starts empty again.
	g := generation(t, e, schema, 1)
	closeLater(t, g)
	expectCount(t, g, 0)
	must(t, e.Remove(ctx, schema.Name))
}

func testFill(t *testing.T, open func(*testing.T) view.Engine) {
	e := open(t)
	ctx, schema := t.Context(), testSchema(uniqueName())
	g := generation(t, e, schema, 1)
	write(t, g, full("before", 1))
	must(t, g.BeginFill(ctx))
	must(t, g.BeginFill(ctx))
	for i := range 100 {
		id := fmt.Sprint("doc", i%50)
		must(t, g.Write(ctx, view.Batch{Documents: []*view.Document{full(id, int64(i+2))}, Checkpoint: view.Checkpoint(fmt.Sprint(i))}))
	}
	expect(t, g, full("doc7", 59))
	if _, err := g.Query(ctx, view.Query{}); err != nil && !errors.Is(err, view.ErrFilling) {
		t.Errorf("a query while filling: %v", err)
	}
	must(t, g.Close())
	must(t, e.Close())

	e = open(t)
	closeLater(t, e)
	g = generation(t, e, schema, 1)
	closeLater(t, g)
	dropLater(t, e, g)
	write(t, g, tombstone("doc7", 200), full("doc8", 201))
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := g.EndFill(cancelled); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled end: %v", err)
	}
	must(t, g.EndFill(ctx))
	must(t, g.EndFill(ctx))
	expectCheckpoint(t, g, 0, "99")
	expectCount(t, g, 50)
	expectWords(t, g, "quick fox", 50)
	write(t, g, plain("doc8", 300, "x"), full("after", 301))
	expectWords(t, g, "quick fox", 50)
	expectCount(t, g, 51)
}

func testConcurrent(t *testing.T, open func(*testing.T) view.Engine) {
	_, g := fresh(t, open)
	ctx := t.Context()
	const writers, rounds = 4, 15
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range rounds {
				position := int64(1 + i*writers + w)
				docs := []*view.Document{plain("shared", position, fmt.Sprint("c", position)), plain(fmt.Sprint("own", w, "-", i), position, "own")}
				if err := g.Write(ctx, view.Batch{Partition: w, Documents: docs, Checkpoint: view.Checkpoint(fmt.Sprint(position))}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Go(func() {
		for range rounds {
			r, err := g.Query(ctx, view.Query{Total: true, Limit: 1000, Group: &view.Group{By: []string{"colour"}}})
			if err != nil {
				t.Error(err)
				return
			}
			var grouped int64
			for _, group := range r.Groups {
				grouped += group.Count
			}
			if int64(len(r.Documents)) != r.Total || grouped != r.Total {
				t.Error("the parts of one answer come from different moments")
			}
		}
	})
	group.Wait()
	last := int64(writers * rounds)
	expect(t, g, plain("shared", last, fmt.Sprint("c", last)))
	expectCount(t, g, 1+last)
	for w := range writers {
		expectCheckpoint(t, g, w, fmt.Sprint(1+(rounds-1)*writers+w))
	}
}

func testClosed(t *testing.T, open func(*testing.T) view.Engine) {
	e := open(t)
	schema := testSchema(uniqueName())
	g := generation(t, e, schema, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Query(ctx, view.Query{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled query: %v", err)
	}
	if _, err := g.Load(ctx, []string{"a"}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled load: %v", err)
	}
	must(t, g.Close())
	_, err := g.Query(t.Context(), view.Query{})
	for name, err := range map[string]error{"query": err, "write": g.Write(t.Context(), view.Batch{}), "refresh": g.Refresh(t.Context())} {
		if !errors.Is(err, view.ErrClosed) {
			t.Errorf("%s after close: %v", name, err)
		}
	}
	must(t, e.Drop(t.Context(), g.ID()))
	must(t, e.Close())
	if _, err := e.Open(t.Context(), schema, 1); !errors.Is(err, view.ErrClosed) {
		t.Errorf("open after close: %v", err)
	}
}
