package server

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"accountledger/operate"
	"accountledger/operate/folder"
	"accountledger/replay/fit"
	"accountledger/vault"
)

// devKey is where the master key is with dev, in the data folder.
const devKey = "dev-master.key"

// ErrNoMasterKeyGiven: the configuration names no master key.
var ErrNoMasterKeyGiven = errors.New("there is no master key: make one with accountledger keys new FILE and give it with --master-key FILE, or give --dev " +
	"to try things out")

// keyFiles says where the configuration has the master keys, by absolute paths. They lie outside the data folder and in
// no backup, but with dev.
func keyFiles(c *Config) (vault.KeyFiles, error) {
	paths := []string{c.MasterKey}
	if c.MasterKey == "" {
		if paths[0] = c.path(devKey); !c.Dev && !exists(paths[0]) {
			return vault.KeyFiles{}, ErrNoMasterKeyGiven
		}
	}
	paths = append(paths, separated(c.MasterKeyOlder)...)
	for i, path := range paths {
		if i > 0 || c.MasterKey != "" {
			if err := outside(c, path); err != nil {
				return vault.KeyFiles{}, err
			}
		}
		var err error
		if paths[i], err = filepath.Abs(path); err != nil {
			return vault.KeyFiles{}, fmt.Errorf("master key: %w", err)
		}
	}
	return vault.KeyFiles{Path: paths[0], Older: paths[1:]}, nil
}

// outside refuses a path in the data folder, but with dev.
func outside(c *Config, path string) error {
	if inside, err := folder.Within(c.Data, path); err != nil || inside && !c.Dev {
		return errors.Join(err, operate.ErrKeyInside)
	}
	return nil
}

// keyring loads the master keys. With dev, where there is none and no vault that would miss it, one is made; made is its path.
// Without dev a key is made by KeysNew alone: one that a server made by itself is one that nobody kept a copy of.
func keyring(c *Config, now time.Time) (keys *vault.Keyring, made string, err error) {
	files, err := keyFiles(c)
	if err != nil {
		return nil, "", err
	}
	keys, err = vault.OpenKeyring(files)
	switch {
	case err == nil:
		return keys, "", nil
	case !errors.Is(err, fs.ErrNotExist) || exists(c.path("vault")):
		return nil, "", fmt.Errorf("%w; put the file back from where copies of it are kept: nothing in the vault opens without it", err)
	case !c.Dev:
		return nil, "", noKeyYet(files)
	}
	made = nextKey(files, now)
	if _, err := vault.CreateMasterKey(made); err != nil {
		return nil, "", err
	}
	keys, err = vault.OpenKeyring(files)
	return keys, made, err
}

// nextKey is where a key would be found by the configuration.
func nextKey(files vault.KeyFiles, now time.Time) string {
	if files.IsFolder() {
		return files.Next(now)
	}
	return files.Path
}

// noKeyYet says how to make the first key of a new ledger.
func noKeyYet(files vault.KeyFiles) error {
	path, what, before := files.Path, "there is no master key in "+files.Path, ""
	switch {
	case files.IsFolder():
		path = filepath.Join(path, "master.key")
	case strings.HasSuffix(path, ".key"):
		what = "there is no master key at " + path
	default: // meant as a folder of keys
		what = "there is no folder for master keys at " + path
		before, path = "mkdir -m 700 "+path+" && ", filepath.Join(path, "master.key")
	}
	return &fit.RefusedError{What: what,
		Next: "For a new ledger make one: " + before + "accountledger keys new " + path + "; for one that exists, put its key back", Err: fs.ErrNotExist}
}

// KeysNew makes a master key in a new file: see operate.NewMasterKey.
func KeysNew(c *Config, path string) (operate.NewKey, error) {
	out, err := operate.NewMasterKey(c.Data, path)
	if err == nil && c.MasterKey != "" {
		files, err := keyFiles(c)
		out.Configured = err == nil && files.Covers(out.File)
	}
	return out, err
}
