//go:build engines

package elastic_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"accountledger/projections/elastic"
	"accountledger/projections/elastic/elastictest"
	"accountledger/projections/view"
)

// people is a view the size of the real ones.
func people() view.Schema {
	var f view.Fields
	f.Keyword("state")
	f.Keyword("region")
	f.Time("joined")
	f.Time("changed", view.Optional)
	f.Number("devices")
	f.Bool("adult")
	f.Words("tags")
	f.Sealed("name", view.Optional)
	f.Sealed("mail", view.Optional)
	return view.Schema{Name: "people", Version: 1, Fields: f}
}

// crowd returns n documents; their ids are random, like real ones.
func crowd(n int) []*view.Document {
	random := rand.New(rand.NewPCG(1, 2))
	regions := strings.Fields("DE FR IT ES PL US KR BR IN GB")
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	const year = 365 * 24 * time.Hour
	sealed := make([]byte, 160)
	docs := make([]*view.Document, n)
	for i := range docs {
		for j := range sealed {
			sealed[j] = byte(random.Uint32())
		}
		docs[i] = &view.Document{ID: fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64()), Position: int64(i + 1), Values: []view.Value{
			view.KeywordValue([]string{"active", "active", "active", "erased"}[random.IntN(4)]),
			view.KeywordValue(regions[random.IntN(len(regions))]),
			view.TimeValue(start.Add(time.Duration(int64(i)*int64(year)/int64(n) + random.Int64N(int64(time.Hour))))),
			view.TimeValue(start.Add(time.Duration(random.Int64N(int64(year))))),
			view.NumberValue(random.Int64N(6)), view.BoolValue(random.IntN(2) == 0),
			view.WordsValue(fmt.Sprintf("account.signed_up %s word%d", regions[i%10], random.IntN(5000))),
			view.SealedValue(sealed[:96]), view.SealedValue(sealed),
		}}
	}
	return docs
}

// fill writes documents as a rebuild does: in batches, each with a checkpoint.
func fill(tb testing.TB, e *elastic.Engine, docs []*view.Document) view.Generation {
	tb.Helper()
	ctx := context.Background()
	number, err := view.NextNumber(ctx, e, "people")
	must(tb, err)
	g, err := e.Open(ctx, people(), number)
	must(tb, err)
	must(tb, g.BeginFill(ctx))
	for batch := range slices.Chunk(docs, 8<<10) {
		must(tb, g.Write(ctx, view.Batch{Documents: batch, Checkpoint: view.Checkpoint("place")}))
	}
	return g
}

// BenchmarkIndex writes 200,000 documents. Its control is the bare loop: the same
// bytes, made before, sent over as many connections, no answer looked at but for
// whether there were errors.
func BenchmarkIndex(b *testing.B) {
	docs := crowd(200_000)
	schema := people()
	bodies, err := elastic.Bodies(&schema, docs, elastic.DefaultBulkBytes)
	must(b, err)
	o := options(b)
	e := engine(b, o)
	b.Cleanup(func() {
		must(b, e.Remove(context.Background(), "people"))
		must(b, e.Close())
	})
	rate := func(b *testing.B) { b.ReportMetric(float64(len(docs)*b.N)/b.Elapsed().Seconds(), "docs/s") }
	b.Run("control", func(b *testing.B) {
		for b.Loop() {
			number, err := view.NextNumber(b.Context(), e, "people")
			must(b, err)
			g, err := e.Open(b.Context(), people(), number)
			must(b, err)
			must(b, g.BeginFill(b.Context()))
			bare(b, elastictest.URL(b)+"/"+o.Prefix+"-"+g.ID().String()+"/_bulk", bodies)
			must(b, g.Close())
		}
		rate(b)
	})
	b.Run("ours", func(b *testing.B) {
		for b.Loop() {
			must(b, fill(b, e, docs).Close())
		}
		rate(b)
	})
}

func bare(b *testing.B, url string, bodies [][]byte) {
	b.Helper()
	var sending errgroup.Group
	sending.SetLimit(elastic.DefaultRequests)
	for _, body := range bodies {
		sending.Go(func() error {
			response, err := http.Post(url, "application/x-ndjson", bytes.NewReader(body)) // a bare loop
			if err != nil {
				return err
			}
			answer, err := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if !bytes.Contains(answer[:min(len(answer), 100)], []byte(`"errors":false`)) {
				return fmt.Errorf("bare loop: %s", response.Status)
			}
			return err
		})
	}
	must(b, sending.Wait())
}

// BenchmarkQuery queries one view of 200,000 documents.
func BenchmarkQuery(b *testing.B) {
	e := engine(b, options(b))
	g := fill(b, e, crowd(200_000))
	must(b, g.EndFill(b.Context()))
	b.Cleanup(func() {
		must(b, g.Close())
		must(b, e.Remove(context.Background(), "people"))
		must(b, e.Close())
	})
	newest := []view.Order{{Field: "joined", Desc: true}}
	german := view.Compare("region", view.Eq, view.Text("DE"))
	days := &view.Histogram{Field: "joined", Interval: view.Day, Zone: "Europe/Berlin"}
	middle := &view.Cursor{Values: []view.Value{view.TimeValue(time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC))}, ID: "8"}
	for _, ask := range []struct {
		name  string
		query view.Query
	}{
		{"newest", view.Query{Sort: newest}},
		{"region", view.Query{Filter: german, Sort: newest}},
		{"region deep", view.Query{Filter: german, Sort: newest, After: middle}},
		{"region total", view.Query{Filter: german, Sort: newest, Total: true}},
		{"rare word", view.Query{Words: "word77", Sort: newest}},
		{"common word total", view.Query{Words: "signed kr", Sort: newest, Total: true}},
		{"group region", view.Query{Group: &view.Group{By: []string{"region"}}}},
		{"group two", view.Query{Group: &view.Group{By: []string{"region", "state"}}}},
		{"days", view.Query{Histogram: days}},
		{"days of region", view.Query{Filter: german, Histogram: days}},
		{"count", view.Query{Total: true, Limit: 1}},
	} {
		b.Run(ask.name, func(b *testing.B) {
			times := make([]time.Duration, 0, 1000)
			for b.Loop() {
				began := time.Now()
				_, err := g.Query(b.Context(), ask.query)
				must(b, err)
				times = append(times, time.Since(began))
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/2].Microseconds()), "p50-us")
			b.ReportMetric(float64(times[len(times)*99/100].Microseconds()), "p99-us")
		})
	}
}
