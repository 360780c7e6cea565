package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// ErrInLedger: files in a ledger's data folder are the ledger's alone.
var ErrInLedger = errors.New("this is inside a ledger's data folder, which holds nothing else: name a place outside it")

// Outside refuses a path in a data folder, this one or any that holds a ledger: ErrInLedger. The path, and the
// folders that it is in, need not exist.
func Outside(data, path string) error {
	inside, err := InLedger(data, path)
	if err == nil && inside {
		err = fmt.Errorf("%s: %w", path, ErrInLedger)
	}
	return err
}

// InLedger says whether a path is in the data folder or in any that holds a ledger, also by way of a symbolic link.
func InLedger(data, path string) (bool, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return false, err
	}
	dir, err := resolved(abs)
	if err != nil {
		return false, err
	}
	for _, p := range []string{abs, dir} {
		if inside, err := Within(data, p); err != nil || inside {
			return inside, err
		}
	}
	for at := dir; ; at = filepath.Dir(at) {
		if ours, err := ledgerLock(filepath.Join(at, lockName)); err == nil && ours {
			return true, nil
		}
		if at == filepath.Dir(at) {
			return false, nil
		}
	}
}

// resolved follows the symbolic links of a path, as far as it exists.
func resolved(path string) (string, error) {
	target, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) || path == filepath.Dir(path) {
		return target, err
	}
	parent, err := resolved(filepath.Dir(path))
	return filepath.Join(parent, filepath.Base(path)), err
}

// Within says whether a path is a folder or in it, by their names.
func Within(dir, path string) (bool, error) {
	d, err := filepath.Abs(dir)
	if err != nil {
		return false, err
	}
	p, err := filepath.Abs(path)
	if err != nil {
		return false, err
	}
	rel, err := filepath.Rel(d, p)
	if err != nil {
		return false, fmt.Errorf("%s: %w", path, err)
	}
	return rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)), nil
}
