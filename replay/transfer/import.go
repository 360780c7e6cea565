package transfer

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/vault"
)

// maxLine bounds a line of an export: the largest event, in base64, and what surrounds it.
const maxLine = 2 << 20

var (
	// ErrNoVault: the file holds no rows of a vault.
	ErrNoVault = errors.New("the file holds no vault: it was exported without one")
	// ErrEndsEarly: the file has no last line; the export was not finished, or the file was truncated.
	ErrEndsEarly = errors.New("the file ends early")
)

// FileInfo describes a complete export.
type FileInfo struct {
	Log uuid.UUID // that was exported
	Digest
	// Vault says whether it holds the rows of a vault, and Rows how many.
	Vault bool
	Rows  int64

	masters []vault.MasterState
}

// fileReader reads the lines of an export in the order they must have.
type fileReader struct {
	lines  *bufio.Scanner
	number int64
	info   FileInfo
	rows   hash.Hash
	hasher *hasher
	state  fileStage
}

type fileStage int

const (
	fileBegins fileStage = iota
	fileEvents
	fileRows
	fileEnded
)

// readFile reads an export to its end. event and row, which may be nil, get its contents;
// the information is valid only if the error is nil.
func readFile(ctx context.Context, in io.Reader, event func(*eventstore.Recorded) error, row func(*vault.Row) error) (FileInfo, error) {
	r := &fileReader{lines: bufio.NewScanner(in), rows: sha256.New(), hasher: newHasher()}
	r.lines.Buffer(make([]byte, 64<<10), maxLine)
	for r.lines.Scan() {
		r.number++
		if err := ctx.Err(); err != nil {
			return r.info, err
		}
		if err := r.line(r.lines.Bytes(), event, row); err != nil {
			return r.info, fmt.Errorf("line %d: %w", r.number, err)
		}
	}
	switch err := r.lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return r.info, fmt.Errorf("line %d: %w: it has more than %d bytes", r.number+1, ErrLine, maxLine)
	case errors.Is(err, io.ErrUnexpectedEOF), err == nil && r.state != fileEnded:
		return r.info, fmt.Errorf("%w, after line %d", ErrEndsEarly, r.number)
	default:
		return r.info, err
	}
}

func (r *fileReader) line(text []byte, event func(*eventstore.Recorded) error, row func(*vault.Row) error) error {
	l, err := decodeLine(text)
	if err != nil {
		return err
	}
	log, err := l.log()
	switch {
	case err != nil:
		return err
	case r.state == fileEnded:
		return fmt.Errorf("%w: it comes after the last line", ErrLine)
	case r.state == fileBegins && l.Type != typeBegun, r.state != fileBegins && (l.Type == typeBegun || log != r.info.Log):
		return fmt.Errorf("%w: the file has no first line, or is from two logs", ErrLine)
	}
	switch l.Type {
	case typeBegun:
		return r.begin(l, log)
	case typeRow:
		return r.row(l, text, row)
	case typeEnded:
		return r.end(l)
	}
	if r.state != fileEvents {
		return fmt.Errorf("%w: an event after the vault", ErrLine)
	}
	e, err := l.event()
	if err != nil {
		return err
	}
	r.hasher.add(&r.info.Digest, r.hasher.entry(e))
	if event == nil {
		return nil
	}
	return event(e)
}

func (r *fileReader) begin(l *line, log uuid.UUID) error {
	var d begunData
	if err := l.into(&d); err != nil {
		return err
	}
	if d.Format != exportFormat {
		return fmt.Errorf("%w: format %d, this program reads %d", ErrLine, d.Format, exportFormat)
	}
	r.state, r.info.Log, r.info.Vault = fileEvents, log, d.Vault
	return nil
}

func (r *fileReader) row(l *line, text []byte, row func(*vault.Row) error) error {
	if !r.info.Vault {
		return fmt.Errorf("%w: a row of a vault in a file without one", ErrLine)
	}
	r.state = fileRows
	r.info.Rows++
	r.rows.Write(text)
	r.rows.Write([]byte{'\n'})
	var d rowData
	if err := l.into(&d); err != nil {
		return err
	}
	v, err := d.row()
	if err != nil || row == nil {
		return err
	}
	return row(&v)
}

func (r *fileReader) end(l *line) error {
	var d endedData
	if err := l.into(&d); err != nil {
		return err
	}
	want, err := d.digest()
	if err != nil {
		return err
	}
	if want != r.info.Digest || d.Rows != r.info.Rows || d.Rows > 0 && d.RowsHash != hex.EncodeToString(r.rows.Sum(nil)) {
		return fmt.Errorf("count or hash of the file: %w", ErrHash)
	}
	for _, m := range d.Masters {
		r.info.masters = append(r.info.masters, vault.MasterState{ID: m.ID, MadeAt: m.Made, BeganAt: m.Began, EndedAt: m.Ended, DestroyedAt: m.Destroyed})
	}
	r.state = fileEnded
	return nil
}

// openFile reads a file from its beginning.
func openFile(ctx context.Context, path string, event func(*eventstore.Recorded) error, row func(*vault.Row) error) (FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return FileInfo{}, err
	}
	defer func() { _ = f.Close() }()
	in, err := decompress(path, bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		return FileInfo{}, fmt.Errorf("%w: %w", ErrLine, err)
	}
	defer func() { _ = in.Close() }()
	return readFile(ctx, in, event, row)
}

// CheckFile reads an export to its end and checks its lines, counts and hashes. Errors: ErrLine,
// ErrEndsEarly, ErrHash, each with the line's number, and the file system's.
func CheckFile(ctx context.Context, path string, tell Progress) (FileInfo, error) {
	t := &teller{tell: tell, stage: StageRead, unit: eventstore.UnitEvents}
	var n int64
	return openFile(ctx, path, func(*eventstore.Recorded) error {
		n++
		t.at(n)
		return nil
	}, nil)
}

// Check is CheckFile for the text of an export, not compressed.
func Check(ctx context.Context, in io.Reader) (FileInfo, error) { return readFile(ctx, in, nil, nil) }

// Imported is the result of an import.
type Imported struct {
	FileInfo
	Resumed             int64
	Keys, KeysDestroyed int64
}

// Import makes an empty log hold the contents of a checked file and, with withVault, the vault
// beside it too, whose keyring must hold the master keys that the rows are under. If interrupted, it resumes
// when run again. Without the vault the log is fenced as an archive: nobody could sign in, and what
// is sealed stays unreadable.
//
// Errors: ErrNoVault, *DifferentError, ErrAhead, those of vault.Portable.Load, *KeyMissingError, ErrHash.
func Import(ctx context.Context, path string, info FileInfo, to Side, withVault bool, tell Progress) (done Imported, err error) {
	done.FileInfo = info
	if withVault && !done.Vault {
		return done, ErrNoVault
	}
	im := &importing{ctx: ctx, to: to, writer: NewWriter(ctx, to.Log), withVault: withVault,
		tell: &teller{tell: tell, stage: StageCopy, unit: eventstore.UnitEvents, total: done.Events}}
	defer im.writer.Close()
	if _, err := openFile(ctx, path, im.event, im.row); err != nil {
		return done, err
	}
	if err := im.end(done.masters); err != nil {
		return done, err
	}
	done.Resumed = im.writer.Resumed()
	if im.writer.Digest() != done.Digest {
		return done, fmt.Errorf("the file changed during the import: %w", ErrHash)
	}
	keys := NewKeyCheck(to.Vault)
	_, err = verify(ctx, to.Log, done.Digest, nil, tell, func(e *eventstore.Recorded) error {
		if !withVault {
			return nil
		}
		return keys.See(ctx, e)
	})
	if err == nil {
		err = keys.End(ctx)
	}
	done.Keys, done.KeysDestroyed = keys.Live, keys.Destroyed
	if err != nil || withVault {
		return done, err
	}
	f, ok := to.Log.(eventstore.Fencer)
	if !ok {
		return done, ErrNoFence
	}
	return done, f.Fence(ctx, eventstore.Fence{Reason: eventstore.FenceArchive})
}

type importing struct {
	ctx       context.Context // of the one call that the importing lives in
	to        Side
	writer    *Writer
	withVault bool
	tell      *teller
	rows      []vault.Row
}

func (im *importing) event(e *eventstore.Recorded) error {
	im.tell.at(im.writer.Digest().Events)
	return im.writer.Write(im.ctx, e)
}

func (im *importing) row(r *vault.Row) error {
	if !im.withVault {
		return nil
	}
	if im.rows = append(im.rows, *r); len(im.rows) < vault.RowsAtOnce {
		return nil
	}
	return im.load()
}

func (im *importing) load() error {
	err := im.to.Vault.Load(im.ctx, im.to.Vault.Keyring(), im.rows)
	im.rows = im.rows[:0]
	return err
}

func (im *importing) end(masters []vault.MasterState) error {
	if err := im.writer.End(im.ctx); err != nil || !im.withVault {
		return err
	}
	if err := im.load(); err != nil {
		return err
	}
	return im.to.Vault.LoadMasters(im.ctx, masters)
}
