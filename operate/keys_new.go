package operate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"accountledger/operate/folder"
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

// Errors of NewMasterKey.
var (
	// ErrKeyThere: a key is never overwritten.
	ErrKeyThere = errors.New("there is a file of that name already, and a master key is never overwritten: name another file")
	// ErrKeyFolder: the folder is the operator's to make, with the owner and mode it should have.
	ErrKeyFolder = errors.New("the folder for the master key does not exist: make it first, for the user that runs the server (mode 0700)")
	// ErrKeyInside: anyone who copies the data folder would have what opens it.
	ErrKeyInside = errors.New("the master key must lie outside the data folder: anyone who copies the folder must not have it")
	// ErrKeyPlace is ErrKeyInside for a path that is no setting.
	ErrKeyPlace = fmt.Errorf("%w", ErrKeyInside)
)

// NewMasterKey makes a master key in a new file, with mode 0600, outside data and every other data folder. It needs no ledger. File and folder
// are on disk when it returns; a crash before that may leave a file that cannot be used and may be deleted.
//
// Run by root, the file is given to the owner of its folder: the user that runs the server has to read it.
func NewMasterKey(data, path string) (NewKey, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return NewKey{}, err
	}
	if err := placeForKey(data, path); err != nil {
		return NewKey{}, err
	}
	m, err := vault.CreateMasterKey(path)
	switch {
	case errors.Is(err, fs.ErrExist):
		return NewKey{}, fmt.Errorf("%s: %w", path, ErrKeyThere)
	case err != nil:
		return NewKey{}, err
	}
	owner, err := folder.GiveToOwner(path)
	if err != nil {
		return NewKey{}, errors.Join(fmt.Errorf("%s: giving it to the owner of its folder: %w", path, err), os.Remove(path))
	}
	return NewKey{Key: m.ID.String(), File: path, Owner: owner, Made: m.MadeAt}, nil
}

// placeForKey refuses a folder that does not exist, and one in a data folder: data itself, or any that holds a ledger.
func placeForKey(data, path string) error {
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", filepath.Dir(path), ErrKeyFolder)
	} else if err != nil {
		return err
	}
	inside, err := folder.InLedger(data, path)
	if err == nil && inside {
		err = ErrKeyPlace
	}
	return err
}
