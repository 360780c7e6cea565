package embedded

import (
	"fmt"
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
)

// pebbleLog is Pebble's Logger. What Pebble says by the way is dropped: it would
// fill the log with the numbers of files.
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

// Fatalf implements pebble.Logger. Pebble goes on when it returns, in a state of
// which nothing is known, so it does not: the store has been made read-only
// before, everyone who waited for an append has been answered, and the goroutine
// stays here until the process is restarted.
func (l pebbleLog) Fatalf(format string, args ...any) {
	err := fmt.Errorf("embedded: fatal error of the storage: "+format, args...)
	l.log.Error("the log's storage has failed", "fault", err.Error())
	l.fatal(err)
	select {}
}

// events are Pebble's: damage found by a read is an error of that read, and
// must not reach Fatalf, which is Pebble's default.
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
