package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"accountledger/vault"
)

// NewKey is a master key that was just made.
type NewKey struct {
	Key   string    `json:"key"`            // its id, which is public
	File  string    `json:"file"`           // absolute path
	Owner string    `json:"owner,omitzero"` // the user it was given to; empty where that is the caller
	Made  time.Time `json:"made_at"`        // UTC
	// Configured says that the configuration reads this file.
	Configured bool `json:"configured"`
}

// Errors of KeysNew.
var (
	// ErrKeyThere: a key is never overwritten.
	ErrKeyThere = errors.New("there is a file of that name already, and a master key is never overwritten: name another file")
	// ErrKeyFolder: the folder is the operator's to make, with the owner and mode it should have.
	ErrKeyFolder = errors.New("the folder for the master key does not exist: make it first, for the user that runs the server (mode 0700)")
	// errKeyPlace is ErrKeyInside for a path that is no setting.
	errKeyPlace = fmt.Errorf("%w", ErrKeyInside)
)

// KeysNew makes a master key in a new file, with mode 0600, outside every data folder. It needs no ledger. File and folder
// are on disk when it returns; a crash before that may leave a file that cannot be used and may be deleted.
//
// Run by root, the file is given to the owner of its folder: the user that runs the server has to read it.
func KeysNew(c *Config, path string) (NewKey, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return NewKey{}, err
	}
	if err := placeForKey(c, path); err != nil {
		return NewKey{}, err
	}
	m, err := vault.CreateMasterKey(path)
	switch {
	case errors.Is(err, fs.ErrExist):
		return NewKey{}, fmt.Errorf("%s: %w", path, ErrKeyThere)
	case err != nil:
		return NewKey{}, err
	}
	owner, err := giveToFolderOwner(path)
	if err != nil {
		return NewKey{}, errors.Join(fmt.Errorf("%s: giving it to the owner of its folder: %w", path, err), os.Remove(path))
	}
	out := NewKey{Key: m.ID.String(), File: path, Owner: owner, Made: m.MadeAt}
	if c.MasterKey != "" {
		files, err := keyFiles(c)
		out.Configured = err == nil && files.Covers(path)
	}
	return out, nil
}

// placeForKey refuses a folder that does not exist, and one in a data folder: the configured one, or any that holds a ledger.
func placeForKey(c *Config, path string) error {
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", filepath.Dir(path), ErrKeyFolder)
	} else if err != nil {
		return err
	}
	inside, err := inLedger(c, path)
	if err == nil && inside {
		err = errKeyPlace
	}
	return err
}

// giveToFolderOwner has root hand a new file to the owner and group of its folder, and names the owner. It works on the
// open file, so a name swapped by that owner meanwhile changes nothing else.
func giveToFolderOwner(path string) (name string, err error) {
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
