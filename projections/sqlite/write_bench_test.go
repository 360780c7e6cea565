package sqlite_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"accountledger/projections/view"
)

// deeds is a view like the one of all activity, with a document for each event.
type deeds struct {
	view.Fields
	typ, subject, actor, channel view.KeywordField
	at                           view.TimeField
	words                        view.WordsField
}

func newDeeds(worded bool) (*deeds, view.Schema) {
	d := &deeds{}
	d.typ, d.subject, d.actor = d.Keyword("type"), d.Keyword("subject"), d.Keyword("actor", view.Optional)
	d.channel, d.at = d.Keyword("channel"), d.Time("at")
	if worded {
		d.words = d.Words("words")
	}
	return d, view.Schema{Name: "deeds", Version: 1, Fields: d.Fields, Indexes: []view.Index{
		{"subject", "-at"}, {"actor", "-at"}, {"type", "-at"}, {"-at"}},
		Tallies: []view.Tally{{"type", "at"}, {"at"}},
	}
}

// deed makes one document; n says when it happened, and its id sorts by that, as those of events do.
func (f *deeds) deed(random *rand.Rand, n int) *view.Document {
	types := strings.Fields("account.opened permission.granted permission.withdrawn device.linked device.unlinked session.started session.ended " +
		"sign_up.requested sign_up.completed verification.issued verification.passed")
	d := &view.Document{ID: fmt.Sprintf("%016x%016x", n, random.Uint64()), Position: int64(n + 1)}
	typ := types[random.IntN(len(types))]
	f.typ.Set(d, typ)
	f.subject.Set(d, fmt.Sprintf("%032x", random.Uint64()))
	f.actor.Set(d, fmt.Sprintf("%032x", random.Uint64()))
	f.channel.Set(d, "app")
	f.at.Set(d, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n)*100*time.Millisecond))
	if f.words != (view.WordsField{}) {
		f.words.Set(d, typ+" weather")
	}
	return d
}

// BenchmarkWrite writes batches of 200 documents as a consumer following the log does: new ones, ones that
// replace others but are counted in the same cells, and ones counted elsewhere. Its control has no tallies.
func BenchmarkWrite(b *testing.B) {
	for name, worded := range map[string]bool{"words": true, "no words": false} {
		f, schema := newDeeds(worded)
		tallies := schema.Tallies
		for _, kind := range []string{"new", "same cells", "other cells"} {
			schema.Tallies = nil
			b.Run(name+"/"+kind+"/control", func(b *testing.B) { f.follow(b, schema, kind) })
			schema.Tallies = tallies
			b.Run(name+"/"+kind+"/tallies", func(b *testing.B) { f.follow(b, schema, kind) })
		}
	}
}

func (f *deeds) follow(b *testing.B, schema view.Schema, kind string) {
	const batch, stored = 200, 20_000
	ctx := context.Background()
	g := reopen(b, b.TempDir(), schema, nil)
	defer func() { must(b, g.Close()) }()
	random := rand.New(rand.NewPCG(3, 4))
	docs := make([]*view.Document, stored)
	for i := range docs {
		docs[i] = f.deed(random, i)
	}
	must(b, g.BeginFill(ctx))
	must(b, g.Write(ctx, view.Batch{Documents: docs}))
	must(b, g.EndFill(ctx))
	n := stored
	next := func() view.Batch {
		out := view.Batch{Checkpoint: view.Checkpoint("place")}
		for range batch {
			n++
			d, place := f.deed(random, n), (n*7919)%stored
			if kind == "new" {
				out.Documents, out.New = append(out.Documents, d), batch
				continue
			}
			c := docs[place].Clone()
			c.Position = int64(n)
			f.actor.Set(c, f.actor.Get(d))
			if kind == "other cells" {
				f.at.Set(c, f.at.Get(d))
			}
			docs[place] = c
			out.Documents = append(out.Documents, c)
		}
		return out
	}
	var spent time.Duration
	for b.Loop() {
		work := next()
		began := time.Now()
		must(b, g.Write(ctx, work))
		spent += time.Since(began)
	}
	b.ReportMetric(float64(spent.Microseconds())/float64(b.N*batch), "us/doc")
}
