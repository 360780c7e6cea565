package sqlite

import (
	"fmt"
	"strings"
	"time"

	"accountledger/projections/view"
)

// Cell widths, in quarters of an hour: a day, an hour and a quarter, all in UTC. Every clock in use shows UTC's quarters
// as quarters, so any requested bucket can be assembled from them; the wider ones
// save reading many narrow ones.
const (
	quarter        = int64(15 * time.Minute)
	perHour        = 4
	perDay         = 24 * perHour
	widthAll       = 0 // every document of a combination of keywords, with or without a time
	widthQuarter   = 1
	missingKeyword = 0 // represents a missing keyword; no text equals it
)

// widths are the widths of cells in time, widest first.
func widths() []int64 { return []int64{perDay, perHour, widthQuarter} }

// tally is one tally of a view, a table of cells:
//
//	width    the cell's width in quarters of an hour, or widthAll
//	f_…      the keywords counted by, missingKeyword for a missing one
//	at       its beginning, in quarters of an hour since 1970 UTC; 0 with widthAll
//	members  how many documents are in it, without tombstones
//
// Cells change in the transaction that changes documents. An empty cell stays, with 0 members.
type tally struct {
	layout *layout
	table  string
	// keys are the places of the keywords, time that of the time, view.NoField if there is none.
	keys []int
	time int
	// upserts are the statements that add to cells, by how many.
	upserts map[int]string
}

func newTallies(l *layout) []*tally {
	var all []*tally
	for i, declared := range l.schema.Tallies {
		t := &tally{layout: l, table: fmt.Sprintf("tally_%d", i), time: view.NoField, upserts: map[int]string{}}
		for _, name := range declared {
			place := l.schema.Field(name)
			if l.schema.At(place).Kind == view.Time {
				t.time = place
			} else {
				t.keys = append(t.keys, place)
			}
		}
		for _, n := range writeChunks() {
			t.upserts[n] = t.upsert(n)
		}
		all = append(all, t)
	}
	return all
}

// tallied lists the fields that any tally counts by.
func tallied(l *layout) []int {
	var places []int
	seen := map[int]bool{view.NoField: true}
	for _, t := range l.tallies {
		for _, place := range append([]int{t.time}, t.keys...) {
			if !seen[place] {
				places = append(places, place)
			}
			seen[place] = true
		}
	}
	return places
}

// columns lists the columns of the keywords, each with a prefix such as "docs.".
func (t *tally) columns(prefix string) []string {
	columns := make([]string, len(t.keys))
	for i, place := range t.keys {
		columns[i] = prefix + t.layout.column(place)
	}
	return columns
}

// list joins columns: before, the keywords' and after.
func (t *tally) list(before string, after ...string) string {
	return strings.Join(append(append([]string{before}, t.columns("")...), after...), ", ")
}

func (t *tally) create() string {
	var keys strings.Builder
	for _, column := range t.columns("") {
		keys.WriteString(column + " ANY NOT NULL, ")
	}
	return `CREATE TABLE ` + t.table + ` (width INTEGER NOT NULL, ` + keys.String() + `at INTEGER NOT NULL, members INTEGER NOT NULL,
		PRIMARY KEY (` + t.list("width", "at") + `)) STRICT, WITHOUT ROWID`
}

func (t *tally) drop() string { return `DROP TABLE IF EXISTS ` + t.table }

// upsert returns the statement that adds to n cells.
func (t *tally) upsert(n int) string {
	values := strings.Repeat(marks(len(t.keys)+3)+",", n)
	return `INSERT INTO ` + t.table + ` (` + t.list("width", "at", "members") + `) VALUES ` + strings.TrimSuffix(values, ",") +
		` ON CONFLICT (` + t.list("width", "at") + `) DO UPDATE SET members = members + excluded.members`
}
