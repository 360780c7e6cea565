package pagesum

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// CheckLog looks for damage in the write-ahead file that a crash left beside a main file, before SQLite opens it: SQLite
// takes the first page that does not match its checksum for the end of what was written, and drops what comes after it
// without a word. path is the main file's.
//
// Where the power was lost such an end is right. It is damage when whole transactions follow that were begun after one that ended
// behind it, because each is on the disk before the next begins. That is so with synchronous=FULL; with less, CheckLog must not be used.
// Damage in the last transaction looks like a loss of power and is not found. A main file is damaged that lacks pages which the
// write-ahead file does not have either. It gives a DamageError, or the error of reading.
func CheckLog(main string) error {
	path := main + "-wal"
	f, err := os.Open(path) //nolint:gosec // beside the program's own file
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

// pages are those that a write-ahead file holds up to the end of its last whole transaction.
type pages struct {
	in    map[uint32]bool
	since []uint32 // of a transaction that has not ended
	size  uint32   // of the main file then, in pages; 0 without a transaction
	bytes int      // of a page
}

func (p *pages) see(w *walk) {
	if w.bad >= 0 || w.offset == logHeader && p.bytes == 0 {
		p.bytes = len(w.frame) - frameHeader
		return // the header of the file, or nothing that SQLite takes
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
		return nil // which is told otherwise
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

// walk goes through a write-ahead file frame by frame. SQLite's format says what each holds: https://www.sqlite.org/fileformat2.html
type walk struct {
	from   *bufio.Reader
	offset int64
	err    error

	order binary.ByteOrder // of checksums
	salts string           // which mark the frames that belong to this filling of the file
	frame []byte           // header and page; nil before the header of the file was read
	sum   [2]uint32        // stored with what was read last
	ended bool             // what was read last ends a transaction

	bad     int64 // where the first frame is that does not match, or 0 for the header; -1 while there is none
	evident bool  // that it was once on the disk as it was meant to be
}

// more reads on; false at the end, and when that failed.
func (w *walk) more() bool {
	if w.frame == nil {
		return w.header()
	}
	if !w.read(w.frame) {
		return false
	}
	head, page := w.frame[:frameHeader], w.frame[frameHeader:]
	if w.salts == "" { // of a header that cannot be trusted
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
		w.evident = true // it was begun after the end of what holds the bad one, or of what came later
	}
	w.sum, w.ended = stored, binary.BigEndian.Uint32(head[4:]) != 0
	w.offset += int64(len(w.frame))
	return true
}

// header reads the header of the file. SQLite writes it to the disk before the first frame, so that a frame
// that fits to one which does not match is evidence too.
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

// checksum goes on with SQLite's own checksum over some bytes, eight by eight.
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
