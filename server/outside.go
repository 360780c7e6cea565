package server

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// ErrInLedger: files in a ledger's data folder are the ledger's alone.
var ErrInLedger = errors.New("this is inside a ledger's data folder, which holds nothing else: name a place outside it")

// OutsideLedgers refuses a path in a data folder, the configured one or any that holds a ledger: ErrInLedger. The path, and the
// folders that it is in, need not exist.
func OutsideLedgers(c *Config, path string) error {
	inside, err := inLedger(c, path)
	if err == nil && inside {
		err = fmt.Errorf("%s: %w", path, ErrInLedger)
	}
	return err
}

// inLedger says whether a path is in the configured data folder or in any that holds a ledger, also by way of a symbolic link.
func inLedger(c *Config, path string) (bool, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return false, err
	}
	dir, err := resolved(abs)
	if err != nil {
		return false, err
	}
	for _, p := range []string{abs, dir} {
		if inside, err := within(c.Data, p); err != nil || inside {
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
