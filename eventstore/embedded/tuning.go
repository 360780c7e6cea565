package embedded

import (
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	// memTables is how many of them may wait to be written before appends have to wait.
	memTables = 4
	// bloomBits per key let 1% of the lookups of a new stream go further.
	bloomBits = 10
)

// pebbleOptions are all the options we set. Format, comparer and checksums
// belong to the stored format; the rest may change from one start to the next.
func pebbleOptions(memTableBytes int64, fs vfs.FS, cache *pebble.Cache, lock *pebble.Lock, log pebble.Logger, events *pebble.EventListener) *pebble.Options {
	o := &pebble.Options{
		FS: fs, Cache: cache, Lock: lock, Logger: log, EventListener: events,
		// The newest format is the one whose write-ahead files tell a torn tail from damage.
		FormatMajorVersion:          pebble.FormatNewest,
		MemTableSize:                uint64(memTableBytes), //nolint:gosec // not negative
		MemTableStopWritesThreshold: memTables,
		// Files of the first level overlap each other only in the stream index, so many
		// of them are cheaper than compacting often.
		L0CompactionThreshold: 4,
		L0StopWritesThreshold: 64,
		LBaseMaxBytes:         128 << 20,
		// Writing sorted files smoothly keeps the fsync of an append short.
		BytesPerSync:               1 << 20,
		MaxOpenFiles:               512,
		CompactionConcurrencyRange: func() (int, int) { return 1, 2 },
	}
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(bloomBits)
		o.Levels[i].BlockSize = 16 << 10
	}
	// Young files are rewritten soon, so compressing them is wasted work.
	o.ApplyCompressionSettings(func() pebble.DBCompressionSettings {
		s := pebble.DBCompressionFastest
		none := pebble.DBCompressionNone
		copy(s.Levels[:3], none.Levels[:3])
		s.Name = "ledger"
		return s
	})
	return o
}
