package restore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"accountledger/domain"
	"accountledger/internal/durable"
	"accountledger/replay/backup"
	"accountledger/vault"
)

// List is the list of destructions that a restore applies.
type List struct {
	path  string // "" for none
	kept  string // where the configuration keeps its list; "" for nowhere
	head  string
	key   *vault.Key
	state domain.ListState
	proof backup.Proof
}

// CheckList looks for the master keys in files and reads the list to its end, before anything is made. kept is where the
// configuration keeps its list, "" if nowhere.
func CheckList(files vault.KeyFiles, kept string, in Options, m backup.Manifest, contents backup.Contents) (l List, err error) {
	l.kept = kept
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
	if l.path == "" && !in.WithoutList && kept != "" && exists(kept) {
		l.path = kept
	}
	switch {
	case l.path != "":
		if err := l.prove(in.UnprovenList, m); err != nil {
			return l, err
		}
		return l, l.bringable()
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
func (l *List) prove(unproven bool, m backup.Manifest) error {
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

// keep leaves a restored ledger that keeps a list one that it can continue: the one that was applied. A head whose list is lost, or
// could not be proved, is put away, so that another list begins with all that the vault remembers.
func (l *List) keep(now time.Time) error {
	list := l.kept
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
func (l *List) bringable() error {
	to := l.kept
	if l.state != domain.ListProven || to == "" || !exists(to) {
		return nil
	}
	if _, err := backup.ReadList(to, l.key, l.proof, nil); err != nil {
		return fmt.Errorf("backup.list names another list than the one that is to be applied: %s: %w", to, err)
	}
	return nil
}

// bringList copies a list to where the configuration has it, unless it is there.
func bringList(from, to string) error {
	if exists(to) { // and bringable found that it is this list
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	return durable.Replace(to, func(out io.Writer) error {
		_, err := io.Copy(out, in)
		return err
	})
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
