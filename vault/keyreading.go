package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/google/uuid"
)

// readFile records a file that was read, so that it is read only once.
type readFile struct {
	id   uuid.UUID
	size int64
	at   time.Time
}

// OpenKeyring holds the master keys of these files, the most recently made as the newest, and
// keeps looking for more there: see Refresh and Find.
//
// It returns ErrNoMasterKeyFile if there is no file, and LoadMasterKey's errors for a file that
// is named and cannot be used. Unusable files beside the named one, or in the folder, are
// skipped; Refresh reports them.
func OpenKeyring(f KeyFiles) (*Keyring, error) {
	r := &Keyring{files: f}
	err := r.Refresh()
	for _, named := range append([]string{f.Path}, f.Older...) {
		if unusable := new(keyFileError); errors.As(err, &unusable) && unusable.concerns(named) {
			return nil, err
		}
	}
	if len(r.keys) == 0 && err == nil {
		err = fmt.Errorf("%s: %w", f.Path, ErrNoMasterKeyFile)
	}
	if len(r.keys) == 0 {
		return nil, err
	}
	return r, nil
}

// keyFileError names the files that could not be used.
type keyFileError struct {
	paths  []string
	causes []error
}

func (e *keyFileError) Error() string   { return errors.Join(e.causes...).Error() }
func (e *keyFileError) Unwrap() []error { return e.causes }

func (e *keyFileError) concerns(path string) bool { return slices.Contains(e.paths, path) }

func (e *keyFileError) add(path string, err error) {
	e.paths, e.causes = append(e.paths, path), append(e.causes, fmt.Errorf("%s: %w", path, err))
}

// Refresh reads new and changed files. A key whose file is gone
// is still held. It takes microseconds when nothing has changed. The error reports files
// that cannot be used; the others are held all the same.
func (r *Keyring) Refresh() error {
	if r.files.Path == "" && len(r.files.Older) == 0 {
		return nil
	}
	r.reading.Lock()
	defer r.reading.Unlock()
	paths, err := r.files.Paths()
	if err != nil {
		return err
	}
	if r.read == nil {
		r.read = map[string]readFile{}
	}
	var unusable keyFileError
	for path := range r.read {
		if !slices.Contains(paths, path) {
			delete(r.read, path)
		}
	}
	for _, path := range paths {
		if err := r.readOne(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			unusable.add(path, err)
		}
	}
	if len(unusable.causes) > 0 {
		return &unusable
	}
	return nil
}

func (r *Keyring) readOne(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if was, ok := r.read[path]; ok && was.size == info.Size() && was.at.Equal(info.ModTime()) {
		return nil
	}
	m, err := LoadMasterKey(path)
	if err != nil {
		return err
	}
	if err := r.hold(m); err != nil {
		return err
	}
	r.read[path] = readFile{m.ID, info.Size(), info.ModTime()}
	return nil
}

// hold adds a key from a file, ordered by when it was made.
func (r *Keyring) hold(m *MasterKey) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone[m.ID] {
		return nil
	}
	for _, held := range r.keys {
		if held.ID == m.ID && held.material != m.material {
			return fmt.Errorf("%w: a different master key is already held as %s", ErrInvalid, m.ID)
		} else if held.ID == m.ID {
			return nil
		}
	}
	at := slices.IndexFunc(r.keys, func(held *MasterKey) bool { return held.MadeAt.Before(m.MadeAt) })
	if at < 0 {
		at = len(r.keys)
	}
	r.keys = slices.Insert(r.keys, at, m)
	return nil
}

// Find is Get, but reads the files before it returns nil. Engines use it, so a
// rotation begun by another process does not require a restart of this one.
func (r *Keyring) Find(id uuid.UUID) *MasterKey {
	if m := r.Get(id); m != nil {
		return m
	}
	_ = r.Refresh() // an unusable file is reported where the key is missing
	return r.Get(id)
}

// Files is where its keys come from; zero from NewKeyring.
func (r *Keyring) Files() KeyFiles { return r.files }

// FilesOf returns the files that hold the master key with this id now, including a dropped one's.
func (r *Keyring) FilesOf(id uuid.UUID) []string {
	_ = r.Refresh() // unusable files hold no usable key
	r.reading.Lock()
	defer r.reading.Unlock()
	var paths []string
	for path, f := range r.read {
		if f.id == id {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}
