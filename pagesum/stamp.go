package pagesum

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// stamp records which write-ahead file belongs to a main file. It is kept in the reserved bytes of the main file's first page, with
// a checksum of its own: if power was lost while that page was written, the page is repaired from the write-ahead
// file only after the stamp is read. It is in one sector with the page's checksum, so that it is written whole or not at all.
//
// SQLite reuses its write-ahead file, and marks each filling with new salts. A filling is identified by tagOf its salts;
// 0 is none.
type stamp struct {
	// filling is the one last copied into the main file, and frames is how many of its frames may have been copied.
	filling, frames uint32
	// part says that the main file is incomplete without these frames: some of their pages may be missing.
	part bool
	// next is the filling begun after that, of which nothing has been copied yet.
	next uint32
}

// stampBytes is the size of a stamp.
const stampBytes = 16

// tagOf identifies the filling with these salts.
func tagOf(salts string) uint32 {
	return max(uint32(xxhash.Sum64String(salts)), 1) //nolint:gosec // half of it will do
}

// copying is the stamp once frames of a filling, up to some number, are copied into the main file.
func (s stamp) copying(filling, frames uint32) stamp {
	if s.filling == filling {
		frames = max(frames, s.frames)
	}
	return stamp{filling: filling, frames: frames, part: true}
}

// partBit in the frames field is the stamp's part; SQLite's write-ahead files have fewer frames.
const partBit = 1 << 31

// put writes the stamp into a first page, which must then be sealed.
func (s stamp) put(page []byte) {
	b := page[len(page)-Reserved : len(page)-sumBytes]
	clear(b)
	if s != (stamp{}) {
		frames := s.frames
		if s.part {
			frames |= partBit
		}
		binary.LittleEndian.PutUint32(b, s.filling)
		binary.LittleEndian.PutUint32(b[4:], frames)
		binary.LittleEndian.PutUint32(b[8:], s.next)
		binary.LittleEndian.PutUint32(b[12:], checkOf(b))
	}
	seal(0, page)
}

// stampIn decodes a stamp; false if the bytes are not as written.
func stampIn(b []byte) (stamp, bool) {
	if blank(b) {
		return stamp{}, true
	}
	frames := binary.LittleEndian.Uint32(b[4:])
	s := stamp{filling: binary.LittleEndian.Uint32(b), frames: frames &^ partBit, part: frames&partBit != 0, next: binary.LittleEndian.Uint32(b[8:])}
	return s, binary.LittleEndian.Uint32(b[12:]) == checkOf(b)
}

func checkOf(b []byte) uint32 { return uint32(xxhash.Sum64(b[:12])) } //nolint:gosec // half of it will do

// readStamp reads the stamp of a main file with a page size. A file without a first page has an empty one.
func readStamp(tls *libc.TLS, main uintptr, size int32) (stamp, int32) {
	b := tls.Alloc(stampBytes)
	defer tls.Free(stampBytes)
	switch code := readBelow(tls, main, b, stampBytes, int64(size-Reserved)); code {
	case lib.SQLITE_OK:
	case lib.SQLITE_IOERR_SHORT_READ:
		return stamp{}, lib.SQLITE_OK
	default:
		return stamp{}, code
	}
	s, good := stampIn(bytes(b, stampBytes))
	if !good {
		layer.found(DamageError{File: nameOf(main)})
		return stamp{}, mismatch
	}
	return s, lib.SQLITE_OK
}

// known records a stamp read from the main file; false if it is not the one that this process last read or wrote: the
// file's contents were replaced while it is open.
func (p *pair) known(s stamp) bool {
	if p.last == nil {
		p.last = &s
	}
	return *p.last == s
}

// restamp changes the stamp in the main file, and nothing else of its first page, which must be intact.
func (p *pair) restamp(tls *libc.TLS, main uintptr, size int32, change func(stamp) stamp) int32 {
	whole := tls.Alloc(int(size))
	defer tls.Free(int(size))
	if code := readBelow(tls, main, whole, size, 0); code != lib.SQLITE_OK {
		return code
	}
	page := bytes(whole, size)
	s, good := stampIn(page[size-Reserved : size-sumBytes])
	if !good || !intact(0, page) {
		layer.found(DamageError{File: nameOf(main)})
		return mismatch
	}
	if !p.known(s) {
		return p.apart()
	}
	s = change(s)
	s.put(page)
	code := writeBelow(tls, main, whole+uintptr(len(page)-Reserved), Reserved, int64(len(page)-Reserved))
	p.wrote(code, s)
	return code
}

// wrote records the stamp now in the main file; after a failure it is unknown.
func (p *pair) wrote(code int32, s stamp) {
	if p.last = &s; code != lib.SQLITE_OK {
		p.last = nil
	}
}

// readBelow and writeBelow read and write in the layer below.
func readBelow(tls *libc.TLS, f, into uintptr, size int32, offset int64) int32 {
	own, methods := behind(f)
	return function[func(*libc.TLS, uintptr, uintptr, int32, lib.Tsqlite3_int64) int32](methods.FxRead)(tls, own, into, size, offset)
}

func writeBelow(tls *libc.TLS, f, from uintptr, size int32, offset int64) int32 {
	own, methods := behind(f)
	return function[func(*libc.TLS, uintptr, uintptr, int32, lib.Tsqlite3_int64) int32](methods.FxWrite)(tls, own, from, size, offset)
}

func syncBelow(tls *libc.TLS, f uintptr, flags int32) int32 {
	own, methods := behind(f)
	return function[func(*libc.TLS, uintptr, int32) int32](methods.FxSync)(tls, own, flags)
}

func sizeBelow(tls *libc.TLS, f uintptr) (int64, int32) {
	own, methods := behind(f)
	out := tls.Alloc(8)
	defer tls.Free(8)
	code := function[func(*libc.TLS, uintptr, uintptr) int32](methods.FxFileSize)(tls, own, out)
	return *at[int64](out), code
}

func nameOf(f uintptr) string { return libc.GoString(at[file](f).name) }
