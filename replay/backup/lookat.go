package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"accountledger/vault"
)

// LookAtList looks at a list and its head without changing either; what a crash left behind the last entry is passed over. It
// gives nil where no list was begun. The list answers Mark and Path, and takes nothing. Errors are those of OpenList.
func LookAtList(path, headPath string, key *vault.Key) (_ *List, err error) {
	mark, err := readHead(headPath, key)
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
		if mark.Entries == 0 { // its making was cut off
			return nil, nil //nolint:nilnil // no list
		}
		return nil, fmt.Errorf("%w: %s is not there", ErrListShortened, path)
	} else if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	l := &List{path: path, head: headPath, key: key, bad: errReading}
	l.at, l.size, err = scan(f, key, Mark{}, &mark, nil)
	return l, err
}

// errReading is why a list that was only looked at takes nothing.
var errReading = errors.New("it was opened for reading only")
