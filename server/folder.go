package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"accountledger/internal/durable"
)

// ErrRunning: another server, or a command, has the data folder.
var ErrRunning = errors.New("another server or command has it open")

// running is ErrRunning with the folder and what to do.
func running(c *Config) error {
	return fmt.Errorf("data folder %s: %w: stop it, or give another folder with --data", c.Data, ErrRunning)
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

// folder is the data folder, held by one process.
type folder struct{ lock *os.File }

// holdFolder makes the data folder, for its owner alone, and holds it until close. A folder that is there already must be
// empty or a ledger's; only an empty one has its mode changed.
func holdFolder(c *Config) (*folder, error) {
	if err := mayOpen(c.Data); err != nil {
		return nil, err
	}
	fresh, err := checkFolder(c)
	if err != nil {
		return nil, fmt.Errorf("data folder %s: %w", c.Data, err)
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if fresh {
		if err := os.Chmod(c.Data, 0o700); err != nil {
			return nil, fmt.Errorf("data folder: %w", err)
		}
	}
	f, err := os.OpenFile(c.path(lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := ownedByUs(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, running(c)
		}
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if fresh {
		if err := claimFolder(c, f); err != nil {
			return nil, fmt.Errorf("data folder: %w", errors.Join(err, f.Close()))
		}
	}
	return &folder{f}, nil
}

// ownedByUs refuses root in the folder of another user, who could not read what root writes there.
func ownedByUs(lock *os.File) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(lock.Fd()), &st); err != nil || os.Geteuid() != 0 || st.Uid == 0 {
		return err
	}
	return fmt.Errorf("the data folder belongs to another user (uid %d), who could not read what root writes there: "+
		"run this as that user, with runuser or sudo -u", st.Uid)
}

func (f *folder) close() error { return f.lock.Close() }

// claimFolder makes the folder a ledger's, durably, before anything else is in it.
func claimFolder(c *Config, lock *os.File) error {
	if _, err := lock.WriteAt([]byte(lockLine), 0); err != nil {
		return err
	}
	if err := lock.Sync(); err != nil {
		return err
	}
	return durable.SyncFolder(c.Data)
}

// checkFolder says whether the data folder is still to be made or claimed, and refuses one that is not ours. It changes
// nothing.
func checkFolder(c *Config) (fresh bool, err error) {
	entries, err := os.ReadDir(c.Data)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	switch ours, err := ledgerLock(c.path(lockName)); {
	case err != nil:
		return false, err
	case ours:
		return false, nil
	case exists(c.path(logWitness)) && exists(c.path("log")): // a copy without the lock
		return false, nil
	case exists(c.path(carryingMark)), exists(c.path(restoringMark)): // a command that was cut off before it held the folder
		return true, nil
	}
	for _, e := range entries {
		if !beforeLedger(e) {
			return false, ErrNotLedger
		}
	}
	return true, nil
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

// ErrFolderForbidden: this user may not read the data folder, so whether a server runs on it is not known.
var ErrFolderForbidden = errors.New("cannot be read by this user")

// mayOpen refuses a folder that exists and that this user may not read: ErrFolderForbidden, with both users.
func mayOpen(dir string) error {
	if err := unix.Access(dir, unix.R_OK|unix.X_OK); !errors.Is(err, unix.EACCES) {
		return nil
	}
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil { // a folder above it is closed to this user
		return fmt.Errorf("data folder %s %w (uid %d)", dir, ErrFolderForbidden, os.Geteuid())
	}
	return fmt.Errorf("data folder %s %w (uid %d); it belongs to uid %d: run this as that user, with runuser or sudo -u", dir,
		ErrFolderForbidden, os.Geteuid(), st.Uid)
}

// othersMay gives the mode of a folder that others than its owner can use; else 0. A folder that holds a ledger keeps the mode that
// its owner gave it.
func othersMay(dir string) (fs.FileMode, error) {
	st, err := os.Stat(dir)
	if err != nil || st.Mode().Perm()&0o077 == 0 {
		return 0, err
	}
	return st.Mode().Perm(), nil
}
