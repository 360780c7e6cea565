package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// ownedByUs refuses root in the folder of another user, who could not read what root writes there.
func ownedByUs(lock *os.File) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(lock.Fd()), &st); err != nil || os.Geteuid() != 0 || st.Uid == 0 {
		return err
	}
	return fmt.Errorf("the data folder belongs to another user (uid %d), who could not read what root writes there: "+
		"run this as that user, with runuser or sudo -u", st.Uid)
}

// ErrForbidden: this user may not read the data folder, so whether a server runs on it is not known.
var ErrForbidden = errors.New("cannot be read by this user")

// MayOpen refuses a folder that exists and that this user may not read: ErrForbidden, with both users.
func MayOpen(dir string) error {
	if err := unix.Access(dir, unix.R_OK|unix.X_OK); !errors.Is(err, unix.EACCES) {
		return nil
	}
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil { // a folder above it is closed to this user
		return fmt.Errorf("data folder %s %w (uid %d)", dir, ErrForbidden, os.Geteuid())
	}
	return fmt.Errorf("data folder %s %w (uid %d); it belongs to uid %d: run this as that user, with runuser or sudo -u", dir, ErrForbidden, os.Geteuid(), st.Uid)
}

// OthersMay gives the mode of a folder that others than its owner can use; else 0. A folder that holds a ledger keeps the mode that
// its owner gave it.
func OthersMay(dir string) (fs.FileMode, error) {
	st, err := os.Stat(dir)
	if err != nil || st.Mode().Perm()&0o077 == 0 {
		return 0, err
	}
	return st.Mode().Perm(), nil
}

// GiveToOwner has root hand a new file to the owner and group of its folder, and names the owner. It works on the
// open file, so a name swapped by that owner meanwhile changes nothing else.
func GiveToOwner(path string) (name string, err error) {
	var folder, file unix.Stat_t
	if err := unix.Stat(filepath.Dir(path), &folder); err != nil || os.Geteuid() != 0 || folder.Uid == 0 {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := unix.Fstat(int(f.Fd()), &file); err != nil {
		return "", err
	}
	if file.Uid != 0 || file.Nlink != 1 || file.Mode != unix.S_IFREG|0o600 {
		return "", errors.New("another file took its place")
	}
	if err := errors.Join(f.Chown(int(folder.Uid), int(folder.Gid)), f.Sync()); err != nil {
		return "", err
	}
	id := strconv.FormatUint(uint64(folder.Uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username, nil
	}
	return id, nil
}
