package pagesum

import "sync"

const (
	// logHeader is the header of a write-ahead file and frameHeader that of each page in it, in bytes.
	logHeader, frameHeader = 32, 24
)

// log has checksums of what was written to a write-ahead file while it is open, for all connections of the process. What it
// does not know, because it was written earlier, it accepts: SQLite checked that when it opened the file.
type log struct {
	mu   sync.RWMutex
	page int      // the size of a page, in bytes
	sums []uint64 // by frame number; 0 is unknown
}

// frame is the number of the frame whose page begins at an offset; false if there is none.
func frame(offset int64, size int) (int, bool) {
	n := offset - logHeader - frameHeader
	each := int64(frameHeader + size)
	return int(n / each), n >= 0 && n%each == 0
}

// writing records a page. A write of anything else clears the log.
func (l *log) writing(offset int64, data []byte) {
	n, whole := frame(offset, len(data))
	if !whole || !isPage(int32(len(data))) { //nolint:gosec // SQLite counts them so
		l.forget()
		return
	}
	s := max(sum(offset, data), 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.page != len(data) {
		l.page, l.sums = len(data), nil
	}
	for len(l.sums) <= n {
		l.sums = append(l.sums, 0)
	}
	l.sums[n] = s
}

// knows reports whether a page is the one that was written, as far as known.
func (l *log) knows(offset int64, page []byte) bool {
	n, whole := frame(offset, len(page))
	if !whole {
		return true
	}
	l.mu.RLock()
	stored := uint64(0)
	if l.page == len(page) && n < len(l.sums) {
		stored = l.sums[n]
	}
	l.mu.RUnlock()
	return stored == 0 || stored == max(sum(offset, page), 1)
}

// forget is for when the file is truncated, or its content is unknown.
func (l *log) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sums = nil
}
