package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"accountledger/vault"
)

// LookAtList opens a list and its head without changing either; what a crash left after the last entry is ignored. It
// returns nil if no list was started. The list supports Mark, Path and Check, but no additions. Errors are OpenList's.
func LookAtList(path, headPath string, key *vault.Key) (_ *List, err error) {
	mark, err := readHead(system{}, headPath, key)
	if errors.Is(err, ErrHeadMissing) {
		if _, found := os.Stat(path); errors.Is(found, fs.ErrNotExist) {
			return nil, nil // no list
		}
	}
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if half, err := there(system{}, path+beginning); half || err != nil { // its creation was interrupted, and opening it finishes that
			return nil, err
		}
		return nil, fmt.Errorf("%w: %s is missing", ErrListShortened, path)
	} else if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	l := &List{path: path, head: headPath, key: key, disk: system{}, bad: errReading}
	l.known, err = scan(f, key, place{}, &mark, nil)
	return l, err
}

// errReading is why a list from LookAtList takes no additions.
var errReading = errors.New("it was opened for reading only")
