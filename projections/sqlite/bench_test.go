package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"accountledger/projections/sqlite"
	"accountledger/projections/view"
)

// people is a view the size of the real ones.
type people struct {
	view.Fields
	state, region, kind view.KeywordField
	joined, changed     view.TimeField
	devices             view.NumberField
	adult               view.BoolField
	tags                view.WordsField
	name, mail          view.SealedField
}

func newPeople() (*people, view.Schema) {
	p := &people{}
	p.state = p.Keyword("state")
	p.region = p.Keyword("region")
	p.kind = p.Keyword("kind", view.Optional)
	p.joined = p.Time("joined")
	p.changed = p.Time("changed", view.Optional)
	p.devices = p.Number("devices")
	p.adult = p.Bool("adult")
	p.tags = p.Words("tags")
	p.name = p.Sealed("name", view.Optional)
	p.mail = p.Sealed("mail", view.Optional)
	return p, view.Schema{Name: "people", Version: 1, Fields: p.Fields, Indexes: []view.Index{
		{"-joined"}, {"-changed"}, {"region", "-joined", "state"},
	}, Tallies: []view.Tally{{"region", "joined"}, {"kind", "state"}, {"changed"}}}
}

// crowd creates n documents; their ids are random, like real ones.
func crowd(n int) []*view.Document {
	p, _ := newPeople()
	random := rand.New(rand.NewPCG(1, 2))
	regions := strings.Fields("DE FR IT ES PL US KR BR IN GB")
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	const year = 365 * 24 * time.Hour
	sealed := make([]byte, 160)
	docs := make([]*view.Document, n)
	for i := range docs {
		d := &view.Document{ID: fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64()), Position: int64(i + 1), Values: make([]view.Value, 0, len(p.Fields))}
		p.state.Set(d, []string{"active", "active", "active", "erased"}[random.IntN(4)])
		p.region.Set(d, regions[random.IntN(len(regions))])
		// People are stored about when they join and change at any time after.
		p.joined.Set(d, start.Add(time.Duration(int64(i)*int64(year)/int64(n)+random.Int64N(int64(time.Hour)))))
		p.changed.Set(d, start.Add(time.Duration(random.Int64N(int64(year)))))
		p.devices.Set(d, random.Int64N(6))
		p.adult.Set(d, random.IntN(2) == 0)
		p.tags.Set(d, fmt.Sprintf("account.signed_up %s word%d", regions[i%10], random.IntN(5000)))
		for j := range sealed {
			sealed[j] = byte(random.Uint32())
		}
		p.name.Set(d, sealed[:96])
		p.mail.Set(d, sealed)
		docs[i] = d
	}
	return docs
}

func fill(tb testing.TB, dir string, docs []*view.Document) view.Generation {
	tb.Helper()
	e, err := sqlite.New(dir)
	if err != nil {
		tb.Fatal(err)
	}
	_, schema := newPeople()
	ctx := context.Background()
	g, err := e.Open(ctx, schema, 1)
	if err != nil {
		tb.Fatal(err)
	}
	if err := g.BeginFill(ctx); err != nil {
		tb.Fatal(err)
	}
	for batch := range slices.Chunk(docs, 5000) {
		if err := g.Write(ctx, view.Batch{Documents: batch, Checkpoint: view.Checkpoint("place")}); err != nil {
			tb.Fatal(err)
		}
	}
	if err := g.EndFill(ctx); err != nil {
		tb.Fatal(err)
	}
	return g
}

// BenchmarkFill writes 200,000 documents as a rebuild does. Its control is
// the bare loop: the same final rows, sorted, one prepared statement, indexes late.
func BenchmarkFill(b *testing.B) {
	docs := crowd(200_000)
	b.Run("ours", func(b *testing.B) {
		for b.Loop() {
			g := fill(b, b.TempDir(), docs)
			if err := g.Close(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(docs)*b.N)/b.Elapsed().Seconds(), "docs/s")
	})
	b.Run("control", func(b *testing.B) {
		for b.Loop() {
			bare(b, filepath.Join(b.TempDir(), "bare.db"), docs)
		}
		b.ReportMetric(float64(len(docs)*b.N)/b.Elapsed().Seconds(), "docs/s")
	})
}

func bare(b *testing.B, path string, docs []*view.Document) {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=cache_size(-65536)")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	do := func(text string) {
		if _, err := db.Exec(text); err != nil {
			b.Fatal(err)
		}
	}
	do(`CREATE TABLE docs (n INTEGER PRIMARY KEY, id TEXT, position INTEGER, deleted INTEGER, words TEXT, state TEXT, region TEXT, kind TEXT,
		joined INTEGER, changed INTEGER, devices INTEGER, adult INTEGER, tags TEXT, name BLOB, mail BLOB)`)
	do(`CREATE VIRTUAL TABLE postings USING fts5 (words, content='', contentless_delete=1, detail=none, tokenize='ascii')`)
	do(`BEGIN`)
	put, err := db.Prepare(`INSERT INTO docs VALUES (NULL, ?, ?, 0, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = put.Close() }()
	p, schema := newPeople()
	sorted := slices.Clone(docs)
	slices.SortFunc(sorted, func(x, y *view.Document) int { return strings.Compare(x.ID, y.ID) })
	for _, d := range sorted {
		_, err := put.Exec(d.ID, d.Position, " "+strings.Join(schema.Words(d), " ")+" ", p.state.Get(d), p.region.Get(d),
			p.joined.Get(d).UnixNano(), p.changed.Get(d).UnixNano(), p.devices.Get(d), p.adult.Get(d), p.tags.Get(d), p.name.Get(d), p.mail.Get(d))
		if err != nil {
			b.Fatal(err)
		}
	}
	do(`COMMIT`)
	do(`CREATE UNIQUE INDEX docs_id ON docs (id)`)
	do(`CREATE INDEX a ON docs (joined DESC)`)
	do(`CREATE INDEX b ON docs (changed DESC)`)
	do(`CREATE INDEX c ON docs (region, joined DESC, state)`)
	do(`INSERT INTO postings (rowid, words) SELECT n, words FROM docs`)
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkQuery queries one view of 10,000, 100,000 and 1,000,000 documents.
func BenchmarkQuery(b *testing.B) {
	for _, size := range []int{10_000, 100_000, 1_000_000} {
		if size > 100_000 && testing.Short() {
			continue
		}
		g := fill(b, b.TempDir(), crowd(size))
		b.Cleanup(func() { _ = g.Close() })
		newest := []view.Order{{Field: "joined", Desc: true}}
		german := view.Compare("region", view.Eq, view.Text("DE"))
		adult := view.Compare("adult", view.Eq, view.Truth(true))
		middle := &view.Cursor{Values: []view.Value{view.TimeValue(time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC))}, ID: "8"}
		for _, ask := range []struct {
			name  string
			query view.Query
		}{
			{"newest", view.Query{Sort: newest}},
			{"last changed", view.Query{Sort: []view.Order{{Field: "changed", Desc: true}}}},
			{"region", view.Query{Filter: german, Sort: newest}},
			{"region deep", view.Query{Filter: german, Sort: newest, After: middle}},
			{"region and adult", view.Query{Filter: view.All(german, adult), Sort: newest}},
			{"two regions", view.Query{Filter: &view.Filter{Field: "region", Op: view.In, Values: []view.Literal{view.Text("DE"), view.Text("FR")}}, Sort: newest}},
			{"region total", view.Query{Filter: german, Sort: newest, Total: true}},
			{"rare word", view.Query{Words: "word77", Sort: newest}},
			{"common word", view.Query{Words: "signed kr", Sort: newest}},
			{"common word total", view.Query{Words: "signed kr", Sort: newest, Total: true}},
			{"word and region", view.Query{Words: "signed word7*", Filter: german, Sort: newest, Total: true}},
			{"group region", view.Query{Group: &view.Group{By: []string{"region"}}}},
			{"group state of region", view.Query{Filter: german, Group: &view.Group{By: []string{"state"}}}},
			{"days", view.Query{Histogram: &view.Histogram{Field: "joined", Interval: view.Day, Zone: "Europe/Berlin"}}},
			{"days of region", view.Query{Filter: german, Histogram: &view.Histogram{Field: "joined", Interval: view.Day, Zone: "Europe/Berlin"}}},
			{"count", view.Query{Total: true, Limit: 1}},
		} {
			b.Run(fmt.Sprintf("%d/%s", size, ask.name), func(b *testing.B) {
				times := make([]time.Duration, 0, 1000)
				for b.Loop() {
					began := time.Now()
					if _, err := g.Query(context.Background(), ask.query); err != nil {
						b.Fatal(err)
					}
					times = append(times, time.Since(began))
				}
				slices.Sort(times)
				b.ReportMetric(float64(times[len(times)/2].Microseconds()), "p50-us")
				b.ReportMetric(float64(times[len(times)*99/100].Microseconds()), "p99-us")
			})
		}
	}
}
