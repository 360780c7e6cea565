package server

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"accountledger/domain"
	"accountledger/replay/backup"
	"accountledger/vault"
)

// listChecked is the list of destructions that a restore applies.
type listChecked struct {
	path  string // "" for none
	head  string
	key   *vault.Key
	state domain.ListState
	proof backup.Proof
}

// checkList looks for the master keys and reads the list whole, before anything is made.
func checkList(c *Config, in RestoreOptions, m backup.Manifest, contents backup.Contents) (l listChecked, err error) {
	files, err := keyFiles(c)
	if err != nil {
		return l, err
	}
	keys, err := vault.OpenKeyring(files)
	if err != nil {
		return l, err
	}
	for _, id := range m.Masters {
		if keys.Find(id) == nil {
			return l, fmt.Errorf("%w: %s", ErrNoMasterKey, id)
		}
	}
	if contents.Key == nil {
		return l, fmt.Errorf("%w: it lacks the key of the list of destructions", backup.ErrIncomplete)
	}
	opened, err := contents.Key.Open(keys)
	if err != nil {
		return l, err
	}
	l.key, l.path = opened.Key, in.List
	l.head = backup.HeadPath(files.Path, l.key)
	if in.WithoutList && in.List != "" {
		return l, errors.New("either name a list or restore without one")
	}
	if l.path == "" && !in.WithoutList && c.Backup.List != "" && exists(c.Backup.List) {
		l.path = c.Backup.List
	}
	switch {
	case l.path != "":
		if err := l.prove(in.UnprovenList, m); err != nil {
			return l, err
		}
		return l, l.bringable(c)
	case in.WithoutList:
		l.state = domain.ListMissing
	case m.List == nil && !exists(l.head): // a head says that one was kept, whatever the manifest knows
		l.state = domain.ListNone
	default:
		err = ErrListMissing
	}
	return l, err
}

// prove reads the list to its end.
func (l *listChecked) prove(unproven bool, m backup.Manifest) error {
	l.proof.Head = l.head
	if m.List != nil {
		at, err := m.List.Mark()
		if err != nil {
			return err
		}
		l.proof.Backup = &at
	}
	l.state = domain.ListProven
	_, err := backup.ReadList(l.path, l.key, l.proof, nil)
	if err == nil || !unproven {
		return err
	}
	l.state, l.proof = domain.ListUnproven, backup.Proof{}
	_, err = backup.ReadList(l.path, l.key, l.proof, nil)
	return err
}

// settleList leaves a restored ledger that is to keep a list one that it can go on with: that which was applied. A head whose
// list is lost, or could not be proved, is put away, so that another list is begun with all that the vault remembers.
func (l *listChecked) settleList(c *Config, now time.Time) error {
	list := c.Backup.List
	switch {
	case list == "":
		return nil
	case l.state == domain.ListProven:
		return bringList(l.path, list)
	case l.state != domain.ListUnproven && exists(list):
		return nil
	}
	away := ".before-restore-" + now.UTC().Format("20060102T150405Z")
	for _, path := range []string{l.head, list} {
		if err := os.Rename(path, path+away); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// bringable refuses, before anything is made, a list that could not be brought to where the configuration has it: another list lies
// there. A whole copy of it may, which a restore that broke off near its end leaves.
func (l *listChecked) bringable(c *Config) error {
	to := c.Backup.List
	if l.state != domain.ListProven || to == "" || !exists(to) {
		return nil
	}
	if _, err := backup.ReadList(to, l.key, l.proof, nil); err != nil {
		return fmt.Errorf("backup.list names another list than the one that is to be applied: %s: %w", to, err)
	}
	return nil
}

// bringList copies a list to where the configuration has it, unless it is there.
func bringList(from, to string) (err error) {
	if to == "" {
		return nil
	}
	if exists(to) { // and bringable found that it is this list
		return nil
	}
	in, err := os.Open(from) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to+".next", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	if err := os.Rename(to+".next", to); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
