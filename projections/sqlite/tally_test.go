package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"accountledger/pagesum"
	"accountledger/projections/sqlite"
	"accountledger/projections/view"
)

// counted is a view with tallies of every form.
type counted struct {
	view.Fields
	kind, region view.KeywordField
	at, ended    view.TimeField
	words        view.WordsField
	size         view.NumberField
}

func newCounted(worded bool) (*counted, view.Schema) {
	c := &counted{}
	c.kind, c.region = c.Keyword("kind"), c.Keyword("region", view.Optional)
	c.at, c.ended = c.Time("at"), c.Time("ended", view.Optional)
	c.size = c.Number("size", view.Optional)
	if worded {
		c.words = c.Words("words", view.Optional)
	}
	return c, view.Schema{Name: "counted", Version: 1, Fields: c.Fields, Indexes: []view.Index{{"kind", "-at"}}, Tallies: []view.Tally{
		{"kind", "at"}, {"at"}, {"kind"}, {"region", "kind", "ended"}, {"ended"}, {"region"}, {"region", "kind"}}}
}

func (c *counted) draw(r *rapid.T, id string, position int64) *view.Document {
	d := &view.Document{ID: id, Position: position, Deleted: true}
	if rapid.IntRange(0, 5).Draw(r, "gone") == 0 {
		return d
	}
	moment := func(label string) time.Time {
		return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 12).Draw(r, label)) * 7 * time.Minute)
	}
	keywords := rapid.SampledFrom([]string{"", "0", "a", "b", "ü"})
	c.kind.Set(d, keywords.Draw(r, "kind"))
	c.at.Set(d, moment("at"))
	if rapid.Bool().Draw(r, "somewhere") {
		c.region.Set(d, keywords.Draw(r, "region"))
	}
	if rapid.Bool().Draw(r, "over") {
		c.ended.Set(d, moment("ended"))
	}
	if c.words != (view.WordsField{}) && rapid.Bool().Draw(r, "worded") {
		c.words.Set(d, "some words")
	}
	c.size.Set(d, position)
	return d
}

// batch makes writes, including late and repeated ones; what it claims to be new may not be.
func (c *counted) batch(r *rapid.T, position *int64) view.Batch {
	var docs []*view.Document
	seen := map[string]bool{}
	for range rapid.IntRange(0, 70).Draw(r, "documents") {
		*position++
		id := fmt.Sprint(rapid.IntRange(0, 120).Draw(r, "id"))
		if seen[id] {
			continue
		}
		seen[id] = true
		at := *position
		if rapid.IntRange(0, 4).Draw(r, "late") == 0 {
			at = rapid.Int64Range(1, *position).Draw(r, "position")
		}
		docs = append(docs, c.draw(r, id, at))
	}
	return view.Batch{Documents: docs, New: rapid.SampledFrom([]int{0, 0, 1, len(docs)}).Draw(r, "new"), Checkpoint: view.Checkpoint(fmt.Sprint(*position))}
}

// TestTalliesAreCounts compares every cell of every tally with the documents, after random batches, fillings and
// stops, with ample memory or with so little that it runs out. Hints of what is new are sometimes wrong, and ends of a filling are interrupted.
func TestTalliesAreCounts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		c, schema := newCounted(rapid.Bool().Draw(r, "with words"))
		dir := t.TempDir()
		o := sqlite.Options{FillMemory: rapid.SampledFrom([]int64{0, 1, 2000, 10_000}).Draw(r, "memory")}
		g := reopenWith(t, dir, o, schema, nil)
		defer func() { must(t, g.Close()) }()
		position := int64(0)
		write := func() { must(t, g.Write(t.Context(), c.batch(r, &position))) }
		filling := rapid.Bool().Draw(r, "from empty on")
		if filling {
			must(t, g.BeginFill(t.Context()))
		}
		write()
		for range rapid.IntRange(1, 5).Draw(r, "steps") {
			switch rapid.IntRange(0, 7).Draw(r, "step") {
			case 0:
				must(t, g.BeginFill(t.Context()))
				filling = true
			case 1:
				must(t, g.EndFill(t.Context()))
				filling = false
			case 2:
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				if err := g.EndFill(ctx); filling && !errors.Is(err, context.Canceled) {
					r.Fatalf("a cancelled end: %v", err)
				}
			case 3:
				g = reopenWith(t, dir, o, schema, g)
			default:
				write()
			}
		}
		if filling {
			must(t, g.EndFill(t.Context()))
			sameTallies(r, dir, schema)
		}
		write()
		sameTallies(r, dir, schema)
	})
}

// reopen opens a generation, closing what was open before.
func reopen(t testing.TB, dir string, schema view.Schema, before view.Generation) view.Generation {
	t.Helper()
	return reopenWith(t, dir, sqlite.Options{}, schema, before)
}

func reopenWith(t testing.TB, dir string, o sqlite.Options, schema view.Schema, before view.Generation) view.Generation {
	t.Helper()
	if before != nil {
		must(t, before.Close())
	}
	e, err := sqlite.NewWith(dir, o)
	must(t, err)
	g, err := e.Open(t.Context(), schema, 1)
	must(t, err)
	return g
}

// file opens a generation's file, bypassing the engine.
func file(t interface{ Fatal(...any) }, dir string, schema view.Schema) *sql.DB {
	vfs, err := pagesum.VFS()
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, schema.Name+".v1.g1.db")+"?vfs="+vfs)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// sameTallies compares cells that hold something, written as text.
func sameTallies(r interface {
	Fatal(...any)
	Fatalf(string, ...any)
}, dir string, schema view.Schema) {
	db := file(r, dir, schema)
	defer func() { _ = db.Close() }()
	for i, tally := range schema.Tallies {
		stored, kept, groups, moment := "", "", "2", ""
		for n, name := range tally {
			switch column := "f_" + name; schema.At(schema.Field(name)).Kind {
			case view.Time:
				moment = column
			default:
				stored += ", coalesce(" + column + ", 0)" // as cells store it
				kept += ", " + column
				groups += ", " + strconv.Itoa(4+n)
			}
		}
		want := []string{`SELECT 0, 0 AS at, count(*)` + stored + ` FROM docs WHERE deleted = 0 GROUP BY ` + groups}
		for _, width := range []int{1, 4, 96} {
			if moment != "" {
				want = append(want, fmt.Sprintf(`SELECT %[1]d, %[2]s / 900000000000 / %[1]d * %[1]d AS at, count(*)%[3]s
					FROM docs WHERE deleted = 0 AND %[2]s IS NOT NULL GROUP BY %[4]s`,
					width, moment, stored, groups))
			}
		}
		got := cells(r, db, fmt.Sprintf(`SELECT width, at, members%s FROM tally_%d WHERE members <> 0`, kept, i))
		if expected := cells(r, db, strings.Join(want, " UNION ALL ")); !maps.Equal(got, expected) {
			r.Fatalf("tally %v holds\n%v\nand the documents say\n%v", tally, got, expected)
		}
	}
}

// cells counts rows by the contents of all their columns.
func cells(r interface{ Fatal(...any) }, db *sql.DB, text string) map[string]int {
	rows, err := db.Query(text)
	if err != nil {
		r.Fatal(text, err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		r.Fatal(err)
	}
	all := map[string]int{}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			r.Fatal(err)
		}
		all[fmt.Sprintf("%#v", values)]++
	}
	if err := rows.Err(); err != nil {
		r.Fatal(err)
	}
	return all
}
