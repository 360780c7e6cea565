package transfer

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/klauspost/compress/zstd"

	"accountledger/eventstore"
	"accountledger/internal/durable"
)

// frameBytes is after how much text a file is synced to disk, so that an interrupted export resumes from there.
const frameBytes = 8 << 20

// ErrExists: the file to be written exists.
var ErrExists = errors.New("the file already exists")

// File is an export being written to a file. The text is gathered in NAME.part, with its
// place in NAME.part.place; the file gets its name only when it is complete. A name
// that ends in .gz or .zst has it compressed.
type File struct {
	path  string
	out   *os.File
	frame io.WriteCloser // compresses; nil between frames
	state fileState
	size  int64 // of the frame, uncompressed

	hasher *hasher
	rest   []byte // of a line
	events bool   // only events so far: the place may move
	ended  bool
	digest Digest
}

// fileState is the content of NAME.part.place.
type fileState struct {
	Bytes int64 `json:"bytes"` // of NAME.part in whole frames
	Vault bool  `json:"vault"`
	Place Place `json:"place"`
}

// CreateFile starts an export or resumes an interrupted one. ErrExists if the file exists.
func CreateFile(path string, withVault bool) (_ *File, err error) {
	if _, err := os.Stat(path); err == nil {
		return nil, fmt.Errorf("%s: %w", path, ErrExists)
	}
	f := &File{path: path, hasher: newHasher(), events: true, state: fileState{Vault: withVault}}
	if b, err := os.ReadFile(f.placeName()); err == nil {
		var s fileState
		if json.Unmarshal(b, &s) == nil && s.Vault == withVault {
			f.state = s
		}
	}
	if f.digest, err = f.state.Place.digest(); err != nil {
		return nil, err
	}
	if f.out, err = os.OpenFile(f.partName(), os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		return nil, err
	}
	if info, err := f.out.Stat(); err != nil || info.Size() < f.state.Bytes {
		f.state, f.digest = fileState{Vault: withVault}, Digest{} // the part does not match the place
	}
	if err := f.out.Truncate(f.state.Bytes); err != nil {
		return nil, errors.Join(err, f.out.Close())
	}
	if _, err := f.out.Seek(f.state.Bytes, io.SeekStart); err != nil {
		return nil, errors.Join(err, f.out.Close())
	}
	return f, nil
}

func (f *File) partName() string  { return f.path + ".part" }
func (f *File) placeName() string { return f.path + ".part.place" }

// Place is where the export resumes.
func (f *File) Place() Place { return f.state.Place }

// Events is the number of events so far.
func (f *File) Events() int64 { return f.digest.Events }

// Write takes the text of Export. Every line is checked as it arrives.
func (f *File) Write(b []byte) (int, error) {
	n := len(b)
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			f.rest = append(f.rest, b...)
			return n, nil
		}
		text := b[:i+1]
		if len(f.rest) > 0 {
			text = append(f.rest, text...)
		}
		if err := f.line(text); err != nil {
			return 0, err
		}
		f.rest, b = f.rest[:0], b[i+1:]
	}
}

func (f *File) line(text []byte) error {
	l, err := decodeLine(text)
	if err != nil {
		return err
	}
	var place Place
	switch l.Type {
	case typeBegun:
	case typeRow:
		f.events = false
	case typeEnded:
		f.events = false
		if err := f.end(l); err != nil {
			return err
		}
	default:
		if place, err = f.event(l); err != nil {
			return err
		}
	}
	if err := f.store(text); err != nil {
		return err
	}
	if f.events && place.Events > 0 && f.size >= frameBytes {
		return f.endFrame(place)
	}
	return nil
}

func (f *File) event(l *line) (Place, error) {
	e, err := l.event()
	if err != nil {
		return Place{}, err
	}
	log, err := l.log()
	if err != nil {
		return Place{}, err
	}
	f.hasher.add(&f.digest, f.hasher.entry(e))
	return Place{At: eventstore.Checkpoint{Log: log, Position: e.Position, Event: e.ID}, Events: f.digest.Events, Hash: f.digest.String()}, nil
}

func (f *File) end(l *line) error {
	var d endedData
	if err := l.into(&d); err != nil {
		return err
	}
	if d.Events != f.digest.Events || d.Hash != f.digest.String() {
		return ErrHash
	}
	f.ended = true
	return nil
}

func (f *File) store(text []byte) error {
	if f.frame == nil {
		var err error
		if f.frame, err = compress(f.path, f.out); err != nil {
			return err
		}
		f.size = 0
	}
	f.size += int64(len(text))
	_, err := f.frame.Write(text)
	return err
}

// endFrame syncs the text so far to disk and records the place.
func (f *File) endFrame(place Place) error {
	if err := f.flush(); err != nil {
		return err
	}
	at, err := f.out.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	f.state.Bytes, f.state.Place = at, place
	b, err := json.Marshal(f.state)
	if err == nil {
		err = os.WriteFile(f.placeName()+".next", b, 0o600)
	}
	if err != nil {
		return err
	}
	return os.Rename(f.placeName()+".next", f.placeName())
}

func (f *File) flush() error {
	if f.frame == nil {
		return nil
	}
	err := f.frame.Close()
	f.frame = nil
	return errors.Join(err, f.out.Sync())
}

// Finish gives a complete export its name, durably. ErrHash, or an error if it is incomplete; then it can be resumed.
func (f *File) Finish() error {
	if !f.ended || len(f.rest) > 0 {
		return errors.New("the export ended early")
	}
	if err := errors.Join(f.flush(), f.out.Close()); err != nil {
		return err
	}
	if err := durable.Rename(f.partName(), f.path); err != nil {
		return err
	}
	return durable.Remove(f.placeName())
}

// Close leaves an unfinished export to be resumed later. After Finish it does nothing.
func (f *File) Close() error {
	if err := f.out.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

// Digest is the digest of the events so far.
func (f *File) Digest() Digest { return f.digest }

// compress returns a writer of one frame, compressed according to the file's name. Frames are concatenated.
func compress(path string, out io.Writer) (io.WriteCloser, error) {
	switch {
	case strings.HasSuffix(path, ".gz"):
		return gzip.NewWriterLevel(out, gzip.BestSpeed)
	case strings.HasSuffix(path, ".zst"):
		return zstd.NewWriter(out, zstd.WithEncoderConcurrency(1))
	}
	return plain{out}, nil
}

// decompress returns the text of a file.
func decompress(path string, in io.Reader) (io.ReadCloser, error) {
	switch {
	case strings.HasSuffix(path, ".gz"):
		return gzip.NewReader(in)
	case strings.HasSuffix(path, ".zst"):
		d, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}
	return io.NopCloser(in), nil
}

type plain struct{ io.Writer }

func (plain) Close() error { return nil }
