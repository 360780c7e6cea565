package server

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ErrRunning: another server, or a command, has the data folder.
var ErrRunning = errors.New("another server or command has this data folder open")

// folder is the data folder, held by one process.
type folder struct{ lock *os.File }

// holdFolder makes the data folder, for its owner alone, and holds it until close.
func holdFolder(c *Config) (*folder, error) {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := os.Chmod(c.Data, 0o700); err != nil { //nolint:gosec // a folder needs its x bit
		return nil, fmt.Errorf("data folder: %w", err)
	}
	f, err := os.OpenFile(c.path("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, ErrRunning
		}
		return nil, fmt.Errorf("data folder: %w", err)
	}
	return &folder{f}, nil
}

func (f *folder) close() error { return f.lock.Close() }
