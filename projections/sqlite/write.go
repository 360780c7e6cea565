package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"accountledger/projections/view"
)

// writeChunks are the numbers of rows that one statement writes, largest first.
func writeChunks() []int { return []int{32, 4, 1} }

// checkEvery is how many rows are written before the context is checked again.
const checkEvery = 32

func (s *store) write(ctx context.Context, batch view.Batch) error {
	if len(batch.Checkpoint) > view.MaxCheckpoint {
		return fmt.Errorf("view %s: the checkpoint is too long", s.id.View)
	}
	docs, fresh, err := s.checked(batch)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	work := func(ctx context.Context) error {
		if err := s.put(ctx, s.rows(docs), fresh); err != nil {
			return err
		}
		return s.putCheckpoint(batch)
	}
	if s.filling.Load() {
		return s.fill(ctx, len(docs), work)
	}
	if len(docs) == 0 && s.moves.later(batch) {
		return ctx.Err()
	}
	err = s.transaction(ctx, work)
	if fresh > 0 && isStored(err) {
		fresh = 0
		err = s.transaction(ctx, work)
	}
	if err != nil {
		return err
	}
	s.moves.stored(batch)
	return nil
}

func (s *store) putCheckpoint(batch view.Batch) error {
	if batch.Checkpoint == nil {
		return nil
	}
	const text = `INSERT INTO checkpoints (partition, place) VALUES (?, ?)
		ON CONFLICT (partition) DO UPDATE SET place = excluded.place`
	place, err := s.statement(text) //nolint:sqlclosecheck // closed with the store
	if err != nil {
		return err
	}
	_, err = place.ExecContext(context.Background(), batch.Partition, []byte(batch.Checkpoint))
	return err
}

// checked returns the documents with new ones first, both parts in the order of the log, in which new ones are then
// stored: what happened at about the same time is read with few pages. fresh is how many are claimed to be new.
func (s *store) checked(batch view.Batch) (docs []*view.Document, fresh int, err error) {
	ids := make(map[string]bool, len(batch.Documents))
	for _, d := range batch.Documents {
		if err := s.schema.CheckDocument(d); err != nil {
			return nil, 0, err
		}
		if ids[d.ID] {
			return nil, 0, fmt.Errorf("%w: view %s: one id twice in a batch", view.ErrDocument, s.id.View)
		}
		ids[d.ID] = true
	}
	docs = slices.Clone(batch.Documents)
	if !s.filling.Load() { // filling finds out by itself what is new
		fresh = min(max(batch.New, 0), len(docs))
	}
	for _, part := range [][]*view.Document{docs[:fresh], docs[fresh:]} {
		slices.SortStableFunc(part, func(a, b *view.Document) int { return cmp.Compare(a.Position, b.Position) })
	}
	return docs, fresh, nil
}

// put writes rows in the open transaction; the first fresh ones are claimed to be new.
func (s *store) put(ctx context.Context, rows []row, fresh int) error {
	if s.filling.Load() {
		return s.fillRows(ctx, rows)
	}
	counts := newDeltas(s.layout)
	if err := s.add(ctx, rows[:fresh]); err != nil {
		return err
	}
	for i := range rows[:fresh] {
		counts.count(rows[i].doc, 1)
	}
	rows = rows[fresh:]
	if s.layout.words || len(s.layout.tallies) > 0 {
		var err error
		if rows, err = s.settle(ctx, rows, counts); err != nil {
			return err
		}
	}
	if err := s.upsert(ctx, rows); err != nil {
		return err
	}
	return s.putDeltas(ctx, counts)
}

func (s *store) rows(docs []*view.Document) []row {
	rows := make([]row, len(docs))
	for i, d := range docs {
		rows[i].doc = d
		if s.layout.words && !d.Deleted {
			rows[i].words = joinWords(s.schema.Words(d))
		}
	}
	return rows
}

// add writes rows that are new, with their postings. isStored tells from its error that one existed.
func (s *store) add(ctx context.Context, rows []row) error {
	if len(rows) == 0 {
		return nil
	}
	next, err := s.nextNumber()
	if err != nil {
		return err
	}
	for i := range rows {
		rows[i].n = next + int64(i)
	}
	if err := s.inChunks(ctx, s.layout.inserts, rows); err != nil || !s.layout.words {
		return err
	}
	for i := range rows {
		if rows[i].words != "" {
			if err := s.postNew(rows[i].n, rows[i].words); err != nil {
				return err
			}
		}
	}
	return nil
}

// row is a document about to be written.
type row struct {
	doc *view.Document
	// words are joined as in column words.
	words string
	// n is the row's number if it is new and the number was chosen, else 0.
	n int64
}

// joinWords puts every word between spaces, so that a search for one finds
// " word " and one for a prefix " begin".
func joinWords(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return " " + strings.Join(words, " ") + " "
}

// upsert writes rows; of two versions of a document the greater stays.
func (s *store) upsert(ctx context.Context, rows []row) error {
	return s.inChunks(ctx, s.layout.upserts, rows)
}

// inChunks writes rows with the statements for their number.
func (s *store) inChunks(ctx context.Context, texts map[int]string, rows []row) error {
	args := make([]any, 0, checkEvery*(len(s.layout.order)+5))
	for len(rows) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := chunkOf(len(rows))
		if err := s.putChunk(texts, rows[:n], args); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// chunkOf is how many of these rows the next statement writes.
func chunkOf(rows int) int {
	for _, size := range writeChunks() {
		if rows >= size {
			return size
		}
	}
	return rows
}

// putChunk runs the statement for this number of rows. args is scratch space for its parameters.
func (s *store) putChunk(texts map[int]string, rows []row, args []any) error {
	args = args[:0]
	for i := range rows {
		args = s.rowArgs(args, &rows[i])
	}
	statement, err := s.statement(texts[len(rows)]) //nolint:sqlclosecheck // closed with the store
	if err != nil {
		return err
	}
	_, err = statement.ExecContext(context.Background(), args...)
	return err
}

func (s *store) rowArgs(args []any, r *row) []any {
	var n any
	if r.n != 0 {
		n = r.n
	}
	deleted := int64(0)
	if r.doc.Deleted {
		deleted = 1
	}
	args = append(args, n, r.doc.ID, r.doc.Position, deleted)
	if s.layout.words {
		var words any
		if r.words != "" {
			words = r.words
		}
		args = append(args, words)
	}
	for _, place := range s.layout.order {
		if place < len(r.doc.Values) {
			args = append(args, argument(r.doc.Values[place]))
		} else {
			args = append(args, nil)
		}
	}
	return args
}

// written lists the columns in the order of rowArgs.
func (l *layout) written() []string {
	columns := []string{"n", "id", "position", "deleted"}
	if l.words {
		columns = append(columns, "words")
	}
	for _, place := range l.order {
		columns = append(columns, l.columns[place])
	}
	return columns
}

// insert returns the statement that adds n rows.
func (l *layout) insert(n int) string {
	columns := l.written()
	values := strings.Repeat(marks(len(columns))+",", n)
	return `INSERT INTO docs (` + strings.Join(columns, ", ") + `) VALUES ` + strings.TrimSuffix(values, ",")
}

// upsert returns the statement that writes n rows.
func (l *layout) upsert(n int) string {
	columns := l.written()
	set := make([]string, 0, len(columns)-2)
	for _, column := range columns[2:] {
		set = append(set, column+" = excluded."+column)
	}
	return l.insert(n) + ` ON CONFLICT (id) DO UPDATE SET ` + strings.Join(set, ", ") + ` WHERE excluded.position > docs.position`
}
