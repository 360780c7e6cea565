package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"accountledger/vault"
)

// LookAtList looks at a list and its head without changing either; what a crash left behind the last entry is passed over. It
// gives nil where no list was begun. The list answers Mark, Path and Check, and takes nothing. Errors are those of OpenList.
func LookAtList(path, headPath string, key *vault.Key) (_ *List, err error) {
	mark, err := readHead(system{}, headPath, key)
	if errors.Is(err, ErrHeadMissing) {
		if _, found := os.Stat(path); errors.Is(found, fs.ErrNotExist) {
			return nil, nil //nolint:nilnil // no list
		}
	}
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if errors.Is(err, fs.ErrNotExist) {
		if half, err := there(system{}, path+beginning); half || err != nil { // its making was cut off, and opening it finishes that
			return nil, err
		}
		return nil, fmt.Errorf("%w: %s is not there", ErrListShortened, path)
	} else if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	l := &List{path: path, head: headPath, key: key, disk: system{}, bad: errReading}
	l.known, err = scan(f, key, place{}, &mark, nil)
	return l, err
}

// errReading is why a list that was only looked at takes nothing.
var errReading = errors.New("it was opened for reading only")
