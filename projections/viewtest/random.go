package viewtest

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"accountledger/projections/view"
)

// testRandom compares an engine with the model on random documents and queries,
// page by page.
func testRandom(t *testing.T, open func(*testing.T) view.Engine) {
	e := open(t)
	closeLater(t, e)
	rapid.Check(t, func(r *rapid.T) {
		schema := testSchema(uniqueName())
		g, err := e.Open(t.Context(), schema, 1)
		must(t, err)
		defer func() { _ = e.Remove(t.Context(), schema.Name) }()
		defer func() { _ = g.Close() }()
		m := &model{schema: schema, docs: map[string]*view.Document{}}
		if rapid.Bool().Draw(r, "fill") {
			must(t, g.BeginFill(t.Context()))
		}
		position := int64(0)
		for range rapid.IntRange(1, 4).Draw(r, "batches") {
			must(t, g.Write(t.Context(), drawBatch(r, m, &position)))
		}
		must(t, g.EndFill(t.Context()))
		must(t, g.Write(t.Context(), drawBatch(r, m, &position)))
		must(t, g.Refresh(t.Context()))
		ids := slices.Collect(maps.Keys(m.docs))
		found, err := g.Load(t.Context(), ids)
		must(t, err)
		for i, id := range ids {
			if !found[i].Equal(m.docs[id]) {
				r.Fatal("a document differs from the model's")
			}
		}
		for range 6 {
			compare(r, g, m, drawQuery(r))
		}
	})
}

// drawBatch draws writes, including late and repeated ones, and applies them to the model. What it claims to be new may not be.
func drawBatch(r *rapid.T, m *model, position *int64) view.Batch {
	var batch []*view.Document
	for range rapid.IntRange(0, 25).Draw(r, "documents") {
		*position++
		id := rapid.SampledFrom([]string{"a", "b", "B", "aa", "é", "日", "z z", "_", "~", "0", "00", "id'\""}).Draw(r, "id") +
			rapid.SampledFrom([]string{"", "1", "2", "3"}).Draw(r, "suffix")
		if slices.ContainsFunc(batch, func(d *view.Document) bool { return d.ID == id }) {
			continue
		}
		at := *position
		if rapid.IntRange(0, 4).Draw(r, "late") == 0 {
			at = rapid.Int64Range(1, *position).Draw(r, "position")
		}
		d := drawDocument(r, id, at)
		m.write(d)
		batch = append(batch, d)
	}
	return view.Batch{Documents: batch, New: rapid.IntRange(0, len(batch)).Draw(r, "new")}
}

func drawDocument(r *rapid.T, id string, position int64) *view.Document {
	if rapid.IntRange(0, 6).Draw(r, "deleted") == 0 {
		return tombstone(id, position)
	}
	s := newShape()
	d := &view.Document{ID: id, Position: position}
	maybe := func(label string) bool { return rapid.IntRange(0, 2).Draw(r, label) > 0 }
	s.colour.Set(d, drawKeyword(r))
	s.at.Set(d, drawTime(r))
	s.size.Set(d, drawNumber(r))
	if maybe("nick") {
		s.nick.Set(d, drawKeyword(r))
	}
	if maybe("ended") {
		s.ended.Set(d, drawTime(r))
	}
	if maybe("rank") {
		s.rank.Set(d, drawNumber(r))
	}
	if maybe("flag") {
		s.flag.Set(d, rapid.Bool().Draw(r, "bool"))
	}
	if maybe("title") {
		s.title.Set(d, drawWords(r)+" "+drawWords(r))
	}
	if maybe("notes") {
		s.notes.Set(d, drawWords(r))
	}
	if maybe("secret") {
		s.secret.Set(d, rapid.SliceOfN(rapid.Byte(), 1, 8).Draw(r, "bytes"))
	}
	return d
}

func drawKeyword(r *rapid.T) string {
	return rapid.SampledFrom([]string{"", "a", "0", "A", "b", "é", "e", "z", "日本", "😀", "a b", "a'b", "\uFFFF", "%"}).Draw(r, "keyword")
}

func drawNumber(r *rapid.T) int64 {
	return rapid.SampledFrom([]int64{0, 1, -1, 2, 10, 9, 1 << 40, -(1 << 40), 1<<53 - 1}).Draw(r, "number") % (1 << 45)
}

func drawWords(r *rapid.T) string {
	return rapid.SampledFrom([]string{"fox", "Fox trot", "foxes", "straße", "STRASSE", "東京", "京", "é", "E", "v1.2", "-"}).Draw(r, "words")
}

func drawTime(r *rapid.T) time.Time {
	if rapid.IntRange(0, 9).Draw(r, "far") == 0 {
		return time.Unix(0, rapid.SampledFrom([]int64{0, 1, 999_999_999, view.MaxTime - 1}).Draw(r, "edge"))
	}
	zone := rapid.SampledFrom(zones()).Draw(r, "around")
	moment := rapid.SampledFrom(changes()[zone]).Draw(r, "change")
	at, _ := time.Parse(time.RFC3339, moment)
	return at.Add(time.Duration(rapid.IntRange(-200, 200).Draw(r, "minutes"))*time.Minute + time.Duration(rapid.IntRange(0, 2).Draw(r, "ns")))
}

func zones() []string {
	var names []string
	for name := range changes() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
