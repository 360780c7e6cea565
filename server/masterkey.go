package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"accountledger/vault"
)

// devKey is where the master key is with dev, in the data folder.
const devKey = "dev-master.key"

// ErrNoMasterKeyGiven: the configuration names no master key.
var ErrNoMasterKeyGiven = errors.New("there is no master key: give --master-key FILE (made if it does not exist), or --dev to try things out")

// ErrKeyInside: anyone who copies the data folder would have what opens it.
var ErrKeyInside = errors.New("the master key must lie outside the data folder: whoever copies the folder must not have it")

// keyFiles says where the configuration has the master keys, by absolute paths. They lie outside the data folder and in
// no backup, but with dev.
func keyFiles(c *Config) (vault.KeyFiles, error) {
	paths := []string{c.MasterKey}
	if c.MasterKey == "" {
		if paths[0] = c.path(devKey); !c.Dev && !exists(paths[0]) {
			return vault.KeyFiles{}, ErrNoMasterKeyGiven
		}
	}
	for _, path := range strings.Split(c.MasterKeyOlder, ",") {
		if path = strings.TrimSpace(path); path != "" {
			paths = append(paths, path)
		}
	}
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
	if inside, err := within(c.Data, path); err != nil || inside && !c.Dev {
		return errors.Join(err, ErrKeyInside)
	}
	return nil
}

// exists says whether there is something at a path.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// keyring loads the master keys. Where there is none and no vault that would miss it, one is made; made is its path.
func keyring(c *Config, now time.Time) (keys *vault.Keyring, made string, err error) {
	files, err := keyFiles(c)
	if err != nil {
		return nil, "", err
	}
	keys, err = vault.OpenKeyring(files)
	if !errors.Is(err, fs.ErrNotExist) || exists(c.path("vault")) {
		if err != nil {
			err = fmt.Errorf("%w; put the file back from where copies of it are kept: nothing in the vault opens without it", err)
		}
		return keys, "", err
	}
	made = files.Path
	if files.IsFolder() {
		made = files.Next(now)
	}
	if _, err := vault.CreateMasterKey(made); err != nil {
		return nil, "", err
	}
	keys, err = vault.OpenKeyring(files)
	return keys, made, err
}

func within(dir, path string) (bool, error) {
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
		return false, fmt.Errorf("master key: %w", err)
	}
	return rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)), nil
}
