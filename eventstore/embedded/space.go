package embedded

import (
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"accountledger/eventstore"
)

// spaceEvery is how long an answer about free space is reused.
const spaceEvery = 100 * time.Millisecond

// space refuses appends while the disk has less room than the reserve.
type space struct {
	fs      vfs.FS
	dir     string
	reserve int64
	began   time.Time
	asked   atomic.Int64 // when, since began, plus one; 0 is never
	short   atomic.Bool
}

func newSpace(fs vfs.FS, dir string, reserve int64) *space {
	return &space{fs: fs, dir: dir, reserve: reserve, began: time.Now()}
}

// free is how much room there is, if the file system says.
func (s *space) free() (bytes uint64, known bool) {
	usage, err := s.fs.GetDiskUsage(s.dir)
	return usage.AvailBytes, err == nil
}

// check is ErrNoSpace while there is less than the reserve. A file system that does not
// say how much room it has is assumed to have enough.
func (s *space) check() error {
	if s.reserve < 0 {
		return nil
	}
	now, asked := int64(time.Since(s.began))+1, s.asked.Load()
	if (asked == 0 || now-asked >= int64(spaceEvery)) && s.asked.CompareAndSwap(asked, now) {
		usage, err := s.fs.GetDiskUsage(s.dir)
		s.short.Store(err == nil && usage.AvailBytes < uint64(s.reserve))
	}
	if s.short.Load() {
		return eventstore.ErrNoSpace
	}
	return nil
}
