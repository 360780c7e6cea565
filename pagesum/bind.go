package pagesum

import (
	"encoding/binary"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// A main file is bound to its write-ahead file in three steps:
//
//   - Before a filling of the write-ahead file begins, the main file is stamped with it as the next one. The stamp is on disk
//     before any frame: SQLite syncs the header before it writes the first frame, and the main file is synced before that.
//   - Before pages of a filling are copied into the main file, it is stamped with that filling as the one being copied, and with
//     the number of frames whose pages may be copied. These frames are already on disk.
//   - When everything has been copied, it is stamped accordingly, and no longer needs the write-ahead file.
//
// When the write-ahead file is opened, a filling with frames must be the next one, or the one that was copied, with at least as
// many frames. It may be missing or have no frames if no filling was copied in part.
//
// With synchronous=OFF nothing is synced: that survives a crash of the program, but a loss of power may lose the stamp.

// begin writes the header of a write-ahead file, which begins a filling, after stamping the main file.
func (p *pair) begin(tls *libc.TLS, log, from uintptr) int32 {
	header := bytes(from, logHeader)
	page, filling := int32(binary.BigEndian.Uint32(header[8:])), tagOf(string(header[16:24])) //nolint:gosec // SQLite's own
	p.first.Lock()
	defer p.first.Unlock()
	code := p.restamp(tls, at[file](log).main, page, func(s stamp) stamp { s.next = filling; return s })
	if code != lib.SQLITE_OK {
		return code
	}
	p.stamped++
	if code = writeBelow(tls, log, from, logHeader, 0); code == lib.SQLITE_OK {
		p.filling = filling
	}
	return code
}

// syncLog syncs the write-ahead file, after the main file if its stamp is not on disk yet.
func (p *pair) syncLog(tls *libc.TLS, log uintptr, flags int32) int32 {
	p.first.RLock()
	stamped, durable := p.stamped, p.durable
	p.first.RUnlock()
	if durable < stamped {
		if code := syncBelow(tls, at[file](log).main, flags); code != lib.SQLITE_OK {
			return code // SQLite writes the header again, and so the stamp
		}
		p.first.Lock()
		p.durable = max(p.durable, stamped)
		p.first.Unlock()
	}
	return syncBelow(tls, log, flags)
}

// copies is a connection's progress in copying from the write-ahead file into the main file.
type copies uintptr

const (
	notCopying copies = iota
	beginsCopying
	isCopying
	hasCopied // some of it, or all: then SQLite truncates the main file to its length
)

// writePage writes a page of the main file. SQLite does this to copy from the write-ahead file, or if there is none.
func (p *pair) writePage(tls *libc.TLS, f, from uintptr, size int32, offset lib.Tsqlite3_int64) int32 {
	main := at[file](f)
	if offset == 0 {
		p.first.Lock()
		defer p.first.Unlock()
		var s stamp // no write-ahead file: one found later does not belong to this page
		if main.copies == beginsCopying || main.copies == isCopying {
			var code int32
			if s, code = readStamp(tls, f, size); code != lib.SQLITE_OK {
				return code
			}
			if !p.known(s) {
				return p.apart()
			}
			s = p.copied(main, s)
		}
		s.put(bytes(from, size))
		code := writeBelow(tls, f, from, size, 0)
		p.wrote(code, s)
		if code == lib.SQLITE_OK && main.copies == beginsCopying {
			main.copies = isCopying
		}
		return code
	}
	if main.copies == beginsCopying {
		p.first.Lock()
		code := p.restamp(tls, f, size, func(s stamp) stamp { return p.copied(main, s) })
		p.first.Unlock()
		if code != lib.SQLITE_OK {
			return code
		}
		main.copies = isCopying
	}
	seal(offset, bytes(from, size))
	return writeBelow(tls, f, from, size, offset)
}

// copiedAll stamps the main file, whose pages are now all consistent. SQLite then syncs it.
func (p *pair) copiedAll(tls *libc.TLS, f uintptr) int32 {
	at[file](f).copies = notCopying
	page, code := readPageSize(tls, f)
	if code != lib.SQLITE_OK {
		return code
	}
	p.first.Lock()
	defer p.first.Unlock()
	return p.restamp(tls, f, page, func(s stamp) stamp { s.part = false; return s })
}

// copied is the stamp while a connection copies. SQLite records up to which frame it will copy in the index shared by all
// connections: https://www.sqlite.org/walformat.html
func (p *pair) copied(main *file, s stamp) stamp {
	if p.filling == 0 || main.index == 0 {
		return s
	}
	info := at[lib.TWalCkptInfo](main.index + 2*unsafe.Sizeof(lib.TWalIndexHdr{}))
	return s.copying(p.filling, atomic.LoadUint32(&info.FnBackfillAttempted))
}
