package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"accountledger/vault"
)

// masterKey loads the master key. It lies outside the data folder and in no backup; only with dev it is made, and in
// the data folder.
func masterKey(c *Config) (*vault.MasterKey, error) {
	path := c.MasterKey
	if path == "" {
		if !c.Dev && !exists(c.path(devKey)) {
			return nil, fmt.Errorf("there is no master key: give --master-key FILE (made if it does not exist), or --dev to try things out")
		}
		path = c.path(devKey)
	} else if inside, err := within(c.Data, path); err != nil || inside && !c.Dev {
		return nil, errors.Join(err, fmt.Errorf("the master key must lie outside the data folder: whoever copies the folder must not have it"))
	}
	key, err := vault.LoadMasterKey(path)
	if errors.Is(err, fs.ErrNotExist) && !exists(c.path("vault")) {
		return vault.CreateMasterKey(path)
	}
	return key, err
}

const devKey = "dev-master.key"

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
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
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)), nil
}
