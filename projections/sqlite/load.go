package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"accountledger/projections/view"
)

// loadChunk is the most documents that one statement reads.
const loadChunk = 64

// loadSizes are the numbers of documents that there are statements for; a shorter list is padded with its last id.
func loadSizes() []int { return []int{1, 8, loadChunk} }

func (s *store) load(ctx context.Context, ids []string) ([]*view.Document, error) {
	found := make([]*view.Document, len(ids))
	at := make(map[string][]int, len(ids))
	for i, id := range ids {
		at[id] = append(at[id], i)
	}
	for start := 0; start < len(ids); start += loadChunk {
		chunk := ids[start:min(start+loadChunk, len(ids))]
		err := s.lookUp(ctx, chunk, func(prepared *sql.Stmt) error {
			rows, err := prepared.QueryContext(ctx, idArgs(chunk)...)
			if err != nil {
				return err
			}
			return s.scan(rows, func(d *view.Document) {
				for _, i := range at[d.ID] {
					found[i] = d
				}
			})
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// prepareLoads prepares load's statements for the readers.
func (s *store) prepareLoads(ctx context.Context) error {
	s.loads = map[int]*sql.Stmt{}
	for _, n := range loadSizes() {
		prepared, err := s.reading.PrepareContext(ctx, s.layout.byID(n))
		if err != nil {
			return err
		}
		s.loads[n] = prepared
	}
	return nil
}

// lookUp runs work on the statement that reads these documents: the readers' one,
// or, while filling, that of the writing connection, whose transaction is still open.
// If certainly none of them is stored, work is not run.
func (s *store) lookUp(ctx context.Context, ids []string, work func(*sql.Stmt) error) error {
	n := chunkSize(len(ids))
	if !s.filling.Load() || s.readOnly() {
		return work(s.loads[n])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.absent(ids) {
		return nil
	}
	if s.appended != nil {
		if err := s.makeUnique(ctx); err != nil {
			return err
		}
	}
	prepared, err := s.statement(ctx, s.layout.byID(n))
	if err != nil {
		return err
	}
	return work(prepared)
}

// byID returns the statement that reads up to n documents.
func (l *layout) byID(n int) string {
	return `SELECT ` + l.selected() + ` FROM docs WHERE id IN ` + marks(n)
}

func chunkSize(n int) int {
	for _, size := range loadSizes() {
		if n <= size {
			return size
		}
	}
	return loadChunk
}

func idArgs(ids []string) []any {
	args := make([]any, chunkSize(len(ids)))
	for i := range args {
		args[i] = ids[min(i, len(ids)-1)]
	}
	return args
}

// marks returns (?,?,…) with n places.
func marks(n int) string {
	return "(" + strings.TrimSuffix(strings.Repeat("?,", n), ",") + ")"
}

// scan reads rows of layout.selected and closes them.
func (s *store) scan(rows *sql.Rows, each func(*view.Document)) error {
	defer func() { _ = rows.Close() }()
	cells := make([]any, fixed+len(s.layout.order))
	into := make([]any, len(cells))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		d, err := s.document(cells)
		if err != nil {
			return err
		}
		each(d)
	}
	return rows.Err()
}

func (s *store) document(cells []any) (*view.Document, error) {
	id, ok1 := cells[0].(string)
	position, ok2 := cells[1].(int64)
	deleted, ok3 := cells[2].(int64)
	if !ok1 || !ok2 || !ok3 {
		return nil, fmt.Errorf("%w: a row of %s", view.ErrCorrupt, s.id)
	}
	d := &view.Document{ID: id, Position: position, Deleted: deleted != 0}
	if d.Deleted {
		return d, nil
	}
	d.Values = make([]view.Value, len(s.schema.Fields))
	for i, place := range s.layout.order {
		v, ok := value(s.schema.Fields[place].Kind, cells[fixed+i])
		if !ok {
			return nil, fmt.Errorf("%w: a row of %s", view.ErrCorrupt, s.id)
		}
		d.Values[place] = v
	}
	return d, nil
}

// value returns the value in a cell of a column of this kind.
func value(kind view.Kind, cell any) (view.Value, bool) {
	switch c := cell.(type) {
	case nil:
		return view.Value{}, true
	case string:
		switch kind {
		case view.Keyword:
			return view.KeywordValue(c), true
		case view.Words:
			return view.WordsValue(c), true
		default: // no text
		}
	case []byte:
		return view.SealedValue(c), kind == view.Sealed
	case int64:
		switch kind {
		case view.Time:
			return view.NanosecondsValue(c), true
		case view.Number:
			return view.NumberValue(c), true
		case view.Bool:
			return view.BoolValue(c != 0), true
		default: // no integer
		}
	}
	return view.Value{}, false
}

// argument returns a value as a parameter.
func argument(v view.Value) any {
	switch v.Kind() {
	case view.Keyword, view.Words:
		return v.Text()
	case view.Time, view.Number, view.Bool:
		return v.Int64()
	case view.Sealed:
		return v.Sealed()
	default:
		return nil
	}
}
