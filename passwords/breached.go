package passwords

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the format of the published file; not used for protection
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
)

// ErrBreachedFile: the file of breached passwords cannot be read or has another format.
var ErrBreachedFile = errors.New("passwords: unusable file of breached passwords")

const (
	hashHex = 2 * sha1.Size
	// lineWindow is longer than two lines of hash, colon, count and line end.
	lineWindow = 160
)

// breachedFile is searched on disk: 40 GB take no memory and about 36 reads.
type breachedFile struct {
	file *os.File
	size int64
}

func openBreached(path string) (*breachedFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBreachedFile, err)
	}
	b := &breachedFile{file: f}
	info, err := f.Stat()
	if err == nil {
		b.size = info.Size()
		_, err = b.lineFrom(0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrBreachedFile, err), f.Close())
	}
	return b, nil
}

func (b *breachedFile) close() error { return b.file.Close() }

// has looks a password up by binary search.
func (b *breachedFile) has(text string) (bool, error) {
	sum := sha1.Sum([]byte(text)) //nolint:gosec // as above
	want := bytes.ToUpper([]byte(hex.EncodeToString(sum[:])))
	var failed error
	at := sort.Search(int(b.size), func(offset int) bool {
		line, err := b.lineFrom(int64(offset))
		if err != nil {
			failed = err
			return true
		}
		return line.hash == nil || bytes.Compare(line.hash, want) >= 0
	})
	if failed == nil {
		var line breachedLine
		if line, failed = b.lineFrom(int64(at)); failed == nil {
			return bytes.Equal(line.hash, want) && line.seen, nil
		}
	}
	return false, fmt.Errorf("%w: %w", ErrBreachedFile, failed)
}

// breachedLine is one line; its hash is nil past the last one.
type breachedLine struct {
	hash []byte
	// seen: its count is not 0; lines with 0 are padding.
	seen bool
}

// lineFrom reads the first line that starts at offset or later.
func (b *breachedFile) lineFrom(offset int64) (breachedLine, error) {
	start := max(0, offset-1) // the byte before may end the previous line
	window := make([]byte, lineWindow)
	n, err := b.file.ReadAt(window, start)
	if err != nil && !errors.Is(err, io.EOF) {
		return breachedLine{}, err
	}
	atEnd, window := errors.Is(err, io.EOF), window[:n]
	if offset > 0 {
		_, window, _ = bytes.Cut(window, []byte("\n"))
	}
	line, _, whole := bytes.Cut(window, []byte("\n"))
	line = bytes.TrimRight(line, "\r")
	if atEnd && len(line) == 0 {
		return breachedLine{}, nil
	}
	hash, count, _ := bytes.Cut(line, []byte(":"))
	decoded := make([]byte, hex.DecodedLen(len(hash)))
	_, err = hex.Decode(decoded, hash)
	if cutShort := !whole && !atEnd; err != nil || len(hash) != hashHex || cutShort || !digits(count) {
		return breachedLine{}, fmt.Errorf("no line of SHA-1, colon and count at or after byte %d", offset)
	}
	return breachedLine{hash: bytes.ToUpper(hash), seen: len(bytes.Trim(count, "0")) > 0}, nil
}

func digits(s []byte) bool {
	return len(s) > 0 && len(bytes.Trim(s, "0123456789")) == 0
}
