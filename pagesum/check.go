package pagesum

import (
	"bufio"
	"encoding/binary"
	"errors"
	"os"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// openLog checks that a write-ahead file being opened belongs to its main file, before SQLite reads anything from it.
func (p *pair) openLog(tls *libc.TLS, main uintptr) int32 {
	p.opening.Lock()
	defer p.opening.Unlock()
	if p.logs == 0 {
		if code := p.check(tls, main); code != lib.SQLITE_OK {
			return code
		}
	}
	p.logs++
	return lib.SQLITE_OK
}

// openMain does the same for a main file whose write-ahead file SQLite may not open.
func (p *pair) openMain(tls *libc.TLS, main uintptr) int32 {
	p.opening.Lock()
	defer p.opening.Unlock()
	if p.logs > 0 {
		return lib.SQLITE_OK
	}
	return p.check(tls, main)
}

func (p *pair) closeLog() {
	p.opening.Lock()
	defer p.opening.Unlock()
	if p.logs--; p.logs == 0 {
		p.log.forget()
	}
}

// check returns whether the files belong together, and records which filling the write-ahead file holds.
func (p *pair) check(tls *libc.TLS, main uintptr) int32 {
	p.first.Lock()
	defer p.first.Unlock()
	p.filling, p.last = 0, nil
	size, code := sizeBelow(tls, main)
	if code != lib.SQLITE_OK {
		return code
	}
	f, err := os.Open(p.path + "-wal") // separately from SQLite's handle, which is harmless: it takes no locks on this file
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return lib.SQLITE_CANTOPEN
	}
	w := walk{from: bufio.NewReaderSize(f, 1<<16), bad: -1}
	if f != nil {
		defer func() { _ = f.Close() }()
		if w.more() && w.bad < 0 {
			p.filling = tagOf(w.salts)
		}
	}
	if size == 0 {
		if p.filling != 0 { // a main file has its first page before there is a write-ahead file; SQLite would discard it
			return p.apart()
		}
		return w.code()
	}
	s, code := p.stampOf(tls, main, &w)
	if code == lib.SQLITE_OK {
		p.last = &s
	}
	switch {
	case code != lib.SQLITE_OK:
		return code
	case p.filling != 0 && s.next == p.filling:
		return lib.SQLITE_OK
	case p.filling != 0 && s.filling == p.filling:
		return p.holds(&w, s.frames)
	case s.part, p.filling != 0 && w.more() && w.bad < 0:
		return p.apart()
	}
	return w.code() // nothing that SQLite would use
}

// stampOf reads the stamp of a main file; an empty one if its page size differs from the write-ahead file's.
func (p *pair) stampOf(tls *libc.TLS, main uintptr, w *walk) (stamp, int32) {
	page, code := readPageSize(tls, main)
	if code != lib.SQLITE_OK {
		return stamp{}, code
	}
	if p.filling != 0 {
		inLog := int32(len(w.frame) - frameHeader) //nolint:gosec // at most 65536
		if !isPage(page) {
			page = inLog // SQLite will find the damage
		} else if page != inLog {
			return stamp{}, lib.SQLITE_OK
		}
	}
	if !isPage(page) {
		return stamp{}, lib.SQLITE_OK
	}
	return readStamp(tls, main, page)
}

// holds checks that the write-ahead file holds that many frames.
func (p *pair) holds(w *walk, frames uint32) int32 {
	for ; frames > 0; frames-- {
		switch {
		case !w.more() && w.err == nil:
			return p.apart()
		case w.err != nil:
			return w.code()
		case w.bad >= 0 && string(w.frame[8:16]) == w.salts:
			layer.found(DamageError{File: p.path + "-wal", Offset: w.bad})
			return mismatch
		case w.bad >= 0:
			return p.apart()
		}
	}
	return lib.SQLITE_OK
}

// apart is the result if the files do not belong together.
func (p *pair) apart() int32 {
	layer.found(DamageError{File: p.path + "-wal", Offset: -1, Foreign: true})
	return mismatch
}

// code is the result of the walk.
func (w *walk) code() int32 {
	if w.err != nil {
		return lib.SQLITE_IOERR_READ
	}
	return lib.SQLITE_OK
}

// readPageSize reads a main file's page size from its header; 0 if it has no header.
func readPageSize(tls *libc.TLS, main uintptr) (int32, int32) {
	b := tls.Alloc(2)
	defer tls.Free(2)
	code := readBelow(tls, main, b, 2, atPageSize)
	if code == lib.SQLITE_IOERR_SHORT_READ {
		return 0, lib.SQLITE_OK
	}
	size := int32(binary.BigEndian.Uint16(bytes(b, 2)))
	if size == 1 { // SQLite's encoding of 65536, which does not fit in two bytes
		size = 1 << 16
	}
	return size, code
}
