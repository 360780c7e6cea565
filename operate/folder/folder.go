// Package folder is the data folder of a ledger: who holds it, whom it belongs to, what lies inside of it, and what killed processes left
// there.
package folder

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"accountledger/internal/durable"
	"accountledger/internal/filelock"
	"accountledger/replay/unfinished"
)

// ErrRunning: another server, or a command, has the data folder.
var ErrRunning = errors.New("another server or command has it open")

// running is ErrRunning with the folder and what to do.
func running(dir string) error {
	return fmt.Errorf("data folder %s: %w: stop it, or give another folder with --data", dir, ErrRunning)
}

// ErrNotLedger: the folder is somebody else's, and is left as it is.
var ErrNotLedger = errors.New("it is neither empty nor the data folder of a ledger, which holds a file named lock that begins with \"accountledger\": " +
	"name another folder with --data, or put back the file lock if this is a ledger's")

// lockName is the file by whose lock one process holds the folder, and lockLine what it begins with: other programs have
// files by that name too.
const (
	lockName = "lock"
	lockLine = "accountledger data folder\n"
)

// Parts of the data folder by which a copy without its lock is known: the log, and what it acknowledged last.
const (
	Log        = "log"
	LogWitness = "log.acknowledged"
)

// Folder is a data folder, held by one process until it is closed.
type Folder struct{ lock *os.File }

// Hold makes a data folder, for its owner alone, and holds it. A folder that is there already must be
// empty or a ledger's; only an empty one has its mode changed.
func Hold(dir string) (*Folder, error) {
	if err := MayOpen(dir); err != nil {
		return nil, err
	}
	fresh, err := checkFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("data folder %s: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if fresh {
		if err := os.Chmod(dir, 0o700); err != nil {
			return nil, fmt.Errorf("data folder: %w", err)
		}
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := ownedByUs(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, running(dir)
		}
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if fresh {
		if err := claimFolder(dir, f); err != nil {
			return nil, fmt.Errorf("data folder: %w", errors.Join(err, f.Close()))
		}
	}
	return &Folder{f}, nil
}

// Close lets others hold the folder.
func (f *Folder) Close() error { return filelock.Close(f.lock) }

// Share keeps everybody away who would change a data folder, and makes nothing there.
func Share(dir string) (*Folder, error) {
	f, err := os.Open(filepath.Join(dir, lockName))
	if errors.Is(err, os.ErrNotExist) { // a copy without it
		f, err = os.Open(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, running(dir)
		}
		return nil, fmt.Errorf("data folder: %w", err)
	}
	return &Folder{f}, nil
}

// WasHeld says whether a process ever held the folder: then there is a ledger in it.
func WasHeld(dir string) bool { return exists(filepath.Join(dir, lockName)) }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// claimFolder makes the folder a ledger's, durably, before anything else is in it.
func claimFolder(dir string, lock *os.File) error {
	if _, err := lock.WriteAt([]byte(lockLine), 0); err != nil {
		return err
	}
	if err := lock.Sync(); err != nil {
		return err
	}
	return durable.SyncFolder(dir)
}

// checkFolder says whether the data folder is still to be made or claimed, and refuses one that is not ours. It changes
// nothing.
func checkFolder(dir string) (fresh bool, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	switch ours, err := ledgerLock(filepath.Join(dir, lockName)); {
	case err != nil:
		return false, err
	case ours:
		return false, nil
	case exists(filepath.Join(dir, LogWitness)) && exists(filepath.Join(dir, Log)): // a copy without the lock
		return false, nil
	case begun(dir): // a command that was cut off before it held the folder
		return true, nil
	}
	for _, e := range entries {
		if !beforeLedger(e) {
			return false, ErrNotLedger
		}
	}
	return true, nil
}

// begun says whether a command that makes a ledger was begun in the data folder.
func begun(dir string) bool {
	m, err := unfinished.Of(dir)
	return err != nil || m.Command != ""
}

// beforeLedger says whether an empty folder can hold an entry: what a file system keeps at its root, and the lock of a start that
// was cut off before it claimed the folder.
func beforeLedger(e fs.DirEntry) bool {
	if e.Name() == "lost+found" {
		return e.IsDir()
	}
	info, err := e.Info()
	return err == nil && e.Name() == lockName && info.Mode().IsRegular() && info.Size() == 0
}

// ledgerLock says whether a file is the lock of a ledger's folder.
func ledgerLock(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }()
	begin, err := io.ReadAll(io.LimitReader(f, int64(len(lockLine))))
	return bytes.Equal(begin, []byte(lockLine)), err
}
