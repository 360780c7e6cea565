package embedded

import (
	"fmt"
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
)

// pebbleLog is Pebble's Logger. It drops Pebble's informational lines, which
// would flood the log with file numbers.
type pebbleLog struct {
	log   *slog.Logger
	fatal func(error)
}

// Infof implements pebble.Logger.
func (pebbleLog) Infof(string, ...any) {}

// Errorf implements pebble.Logger.
func (l pebbleLog) Errorf(format string, args ...any) {
	l.log.Error("the log's storage reports a fault", "fault", fmt.Sprintf(format, args...))
}

// Fatalf implements pebble.Logger. If it returned, Pebble would go on in an
// unknown state, so it does not: the store has already been made read-only and
// every waiting append answered, and the goroutine
// stays here until the process is restarted.
func (l pebbleLog) Fatalf(format string, args ...any) {
	err := fmt.Errorf("embedded: fatal error of the storage: "+format, args...)
	l.log.Error("the log's storage has failed", "fault", err.Error())
	l.fatal(err)
	select {}
}

// events makes damage found by a read an error of that read only. Pebble's default
// would call Fatalf.
func events(log *slog.Logger) *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: func(err error) {
			log.Error("flushing or compacting the log failed", "fault", err.Error())
		},
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			log.Error("a file of the log is damaged", "file", info.Path)
		},
	}
}
