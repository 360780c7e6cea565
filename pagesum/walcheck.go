package pagesum

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// CheckLog looks for damage in the write-ahead file that a crash left, before SQLite opens it: SQLite
// takes the first page that does not match its checksum for the end of what was written, and silently drops what comes
// after it. path is the main file's.
//
// After a loss of power such an end is normal. It is damage if whole transactions follow that began after one that ended
// beyond it, because each is on disk before the next begins. That holds with synchronous=FULL; CheckLog must not be used with less.
// Damage in the last transaction looks like a loss of power and is not found. A main file that lacks pages which the
// write-ahead file does not have either is damaged. It returns a DamageError, or the read error.
func CheckLog(main string) error {
	path := main + "-wal"
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("pagesum: reading the write-ahead file: %w", err)
	}
	defer func() { _ = f.Close() }()
	w := walk{from: bufio.NewReaderSize(f, 1<<20), bad: -1}
	held := pages{in: map[uint32]bool{}}
	for w.more() {
		if w.evident {
			return &DamageError{File: path, Offset: w.bad}
		}
		held.see(&w)
	}
	if w.err != nil {
		return fmt.Errorf("pagesum: reading the write-ahead file: %w", w.err)
	}
	return held.missing(main)
}

// pages are the pages in a write-ahead file up to the end of its last complete transaction.
type pages struct {
	in    map[uint32]bool
	since []uint32 // of a transaction that has not ended
	size  uint32   // of the main file then, in pages; 0 without a transaction
	bytes int      // of a page
}

func (p *pages) see(w *walk) {
	if w.bad >= 0 || w.offset == logHeader && p.bytes == 0 {
		p.bytes = len(w.frame) - frameHeader
		return // the header of the file, or nothing that SQLite uses
	}
	p.since = append(p.since, binary.BigEndian.Uint32(w.frame))
	if size := binary.BigEndian.Uint32(w.frame[4:]); size != 0 {
		for _, n := range p.since {
			p.in[n] = true
		}
		p.since, p.size = p.since[:0], size
	}
}

// missing looks for a page that neither the write-ahead file nor the main file has.
func (p *pages) missing(main string) error {
	info, err := os.Stat(main)
	if errors.Is(err, os.ErrNotExist) {
		return nil // reported elsewhere
	}
	if err != nil {
		return fmt.Errorf("pagesum: %w", err)
	}
	for n := uint32(info.Size()/int64(max(p.bytes, 1))) + 1; p.size != 0 && n <= p.size; n++ { //nolint:gosec // SQLite counts pages so
		if !p.in[n] {
			return &DamageError{File: main, Offset: int64(n-1) * int64(p.bytes)}
		}
	}
	return nil
}

// walk goes through a write-ahead file frame by frame. Format: https://www.sqlite.org/fileformat2.html
type walk struct {
	from   *bufio.Reader
	offset int64
	err    error

	order binary.ByteOrder // of checksums
	salts string           // which mark the frames that belong to this filling of the file
	frame []byte           // header and page; nil until the header of the file is read
	sum   [2]uint32        // stored with the last one read
	ended bool             // the last one read ends a transaction

	bad     int64 // offset of the first frame that does not match, or 0 for the header; -1 while there is none
	evident bool  // it was certainly once on disk intact
}

// more reads the next frame; false at the end or after an error.
func (w *walk) more() bool {
	if w.frame == nil {
		return w.header()
	}
	if !w.read(w.frame) {
		return false
	}
	head, page := w.frame[:frameHeader], w.frame[frameHeader:]
	if w.salts == "" { // the header cannot be trusted
		w.salts = string(head[8:16])
	}
	sum := checksum(w.order, w.sum, head[:8])
	sum = checksum(w.order, sum, page)
	stored := stored(head[16:])
	good := sum == stored && string(head[8:16]) == w.salts
	switch {
	case w.bad < 0 && !good:
		w.bad = w.offset
	case w.bad >= 0 && good && w.ended:
		w.evident = true // begun after the end of the transaction with the bad frame, or of a later one
	}
	w.sum, w.ended = stored, binary.BigEndian.Uint32(head[4:]) != 0
	w.offset += int64(len(w.frame))
	return true
}

// header reads the header of the file. SQLite writes it to disk before the first frame, so a frame
// that matches a header which itself does not match its checksum is evidence too.
func (w *walk) header() bool {
	head := make([]byte, logHeader)
	if !w.read(head) {
		return false
	}
	const magic, version = 0x377f0682, 3007000
	w.order = binary.LittleEndian
	if binary.BigEndian.Uint32(head) == magic|1 {
		w.order = binary.BigEndian
	}
	w.sum, w.salts = stored(head[24:]), string(head[16:24])
	size := int32(binary.BigEndian.Uint32(head[8:])) //nolint:gosec // what is none is refused below
	if binary.BigEndian.Uint32(head)&^1 != magic || binary.BigEndian.Uint32(head[4:]) != version || !isPage(size) || size > 1<<16 ||
		checksum(w.order, [2]uint32{}, head[:24]) != w.sum {
		w.bad, w.salts, w.ended, size = 0, "", true, pageSize
	}
	w.frame, w.offset = make([]byte, frameHeader+size), logHeader
	return true
}

func (w *walk) read(into []byte) bool {
	_, err := io.ReadFull(w.from, into)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		w.err = err
	}
	return err == nil
}

// checksum continues SQLite's own checksum over some bytes, eight at a time.
func checksum(order binary.ByteOrder, s [2]uint32, data []byte) [2]uint32 {
	for ; len(data) >= 8; data = data[8:] {
		s[0] += order.Uint32(data) + s[1]
		s[1] += order.Uint32(data[4:]) + s[0]
	}
	return s
}

func stored(b []byte) [2]uint32 {
	return [2]uint32{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])}
}
