package sqlite

import (
	"strconv"
	"strings"

	"accountledger/projections/view"
)

// format is raised when the tables of a generation's file change their meaning; a
// file of another format is refused and the view rebuilt.
const format = "1"

// layout is the SQL of one view's file.
//
// All documents are rows of docs, including tombstones (deleted = 1), so that one
// conditional upsert decides which version stays. Indexes for queries leave
// tombstones out. Column words holds the words of a document, each between
// spaces; postings is the full-text index over it. Each tally of the view is a separate table.
type layout struct {
	schema *view.Schema
	// columns are the names of every field's column, in the schema's order.
	columns []string
	// order lists the fields in the order of the columns: the short ones first,
	// so that reading them touches little, then words, then sealed bytes.
	order []int
	words bool
	// inserts and upserts are the statements that write rows, by how many.
	inserts, upserts map[int]string
	tallies          []*tally
	// tallied are the places of the fields that tallies count by, for reading stored rows.
	tallied []int
	// storedByID are the statements that read the stored versions of rows about to be written, by how many.
	storedByID map[int]string
}

func newLayout(schema *view.Schema) *layout {
	l := &layout{schema: schema, words: schema.HasWords()}
	for _, f := range schema.Fields {
		l.columns = append(l.columns, "f_"+f.Name)
	}
	for _, pass := range []func(view.Kind) bool{
		func(k view.Kind) bool { return k != view.Words && k != view.Sealed },
		func(k view.Kind) bool { return k == view.Words },
		func(k view.Kind) bool { return k == view.Sealed },
	} {
		for i, f := range schema.Fields {
			if pass(f.Kind) {
				l.order = append(l.order, i)
			}
		}
	}
	l.inserts, l.upserts = map[int]string{}, map[int]string{}
	for _, n := range writeChunks() {
		l.inserts[n], l.upserts[n] = l.insert(n), l.upsert(n)
	}
	l.tallies = newTallies(l)
	l.tallied = tallied(l)
	l.storedByID = map[int]string{}
	for _, n := range loadSizes() {
		l.storedByID[n] = l.selectStored(n)
	}
	return l
}

// column returns the column of a place from view.Schema.Field.
func (l *layout) column(place int) string {
	if place == view.IDField {
		return "id"
	}
	return l.columns[place]
}

// fixed are the columns before those of the fields, as documents are read.
const fixed = 3

// selected lists the columns that make a document.
func (l *layout) selected() string {
	names := []string{"docs.id", "docs.position", "docs.deleted"}
	for _, i := range l.order {
		names = append(names, "docs."+l.columns[i])
	}
	return strings.Join(names, ", ")
}

func (l *layout) create() []string {
	columns := []string{"n INTEGER PRIMARY KEY", "id TEXT NOT NULL", "position INTEGER NOT NULL", "deleted INTEGER NOT NULL"}
	if l.words {
		columns = append(columns, "words TEXT")
	}
	for _, i := range l.order {
		columns = append(columns, l.columns[i]+" "+columnType(l.schema.Fields[i].Kind))
	}
	statements := []string{
		`CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`,
		`CREATE TABLE checkpoints (partition INTEGER PRIMARY KEY, place BLOB NOT NULL) STRICT`,
		`CREATE TABLE docs (` + strings.Join(columns, ", ") + `) STRICT`,
		l.createUnique(),
		`CREATE INDEX docs_deleted ON docs (deleted) WHERE deleted = 1`,
	}
	if l.words {
		statements = append(statements, l.createPostings())
	}
	for _, t := range l.tallies {
		statements = append(statements, t.create())
	}
	return append(statements, l.createIndexes()...)
}

// createUnique returns the statement for the index by id.
func (l *layout) createUnique() string {
	return `CREATE UNIQUE INDEX IF NOT EXISTS docs_id ON docs (id)`
}

// createPostings returns the statement for the full-text index. It keeps no text and no
// positions within a text: a search needs only which documents have all the words.
// Tokenizer ascii takes every byte beyond ASCII for part of a word, so the words
// are exactly those from view.Cut.
func (l *layout) createPostings() string {
	return `CREATE VIRTUAL TABLE postings USING fts5 (words, content='', contentless_delete=1, detail=none, tokenize='ascii')`
}

// createIndexes returns the statements for the declared indexes. The id is added as the
// last column to break ties, except after a time: few documents share one,
// and an id is longer than the rest.
func (l *layout) createIndexes() []string {
	var statements []string
	for i, index := range l.schema.Indexes {
		var columns []string
		timed := false
		for _, name := range index {
			bare, desc := strings.CutPrefix(name, "-")
			place := l.schema.Field(bare)
			timed = timed || l.schema.At(place).Kind == view.Time
			column := l.column(place)
			if desc {
				column += " DESC"
			}
			columns = append(columns, column)
		}
		if !timed {
			columns = append(columns, "id")
		}
		statements = append(statements,
			`CREATE INDEX IF NOT EXISTS `+indexName(i)+` ON docs (`+strings.Join(columns, ", ")+`) WHERE deleted = 0`)
	}
	return statements
}

func indexName(i int) string { return "by_" + strconv.Itoa(i) }

func columnType(k view.Kind) string {
	switch k {
	case view.Keyword, view.Words:
		return "TEXT"
	case view.Sealed:
		return "BLOB"
	default:
		return "INTEGER"
	}
}
