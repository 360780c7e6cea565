package pagesum

import "sync"

const (
	// logHeader is the header of a write-ahead file and frameHeader that of each page in it, in bytes.
	logHeader, frameHeader = 32, 24
)

// log knows what was written to a write-ahead file while it is open, for all connections of the process. What it does
// not know, which is whatever was there before, it takes for good: SQLite has checked that when it opened the file.
type log struct {
	mu   sync.RWMutex
	page int      // the size of a page, in bytes
	sums []uint64 // by the number of the frame; 0 is not known
}

// frame is the number of the frame whose page begins at an offset; false when there is none.
func frame(offset int64, size int) (int, bool) {
	n := offset - logHeader - frameHeader
	each := int64(frameHeader + size)
	return int(n / each), n >= 0 && n%each == 0
}

// writing notes a page. A write that is none makes the log forget.
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

// knows says whether a page is the one that was written, as far as that is known.
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

// forget is for when the file is cut, or holds what nobody can say.
func (l *log) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sums = nil
}
