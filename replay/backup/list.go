package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"accountledger/vault"
)

// List is the list of destructions, open for more. Several processes may have one list open, if the folders of list and
// head are ones that all of them reach and that files can be locked in. It is safe for concurrent use.
type List struct {
	path, head string
	key        *vault.Key
	now        func() time.Time

	mu      sync.Mutex
	waiting []*asked
	writing bool

	// What follows is the writer's.
	file *os.File
	at   Mark
	size int64
	bad  error // after a write of which it is not known what it did
}

// asked is a destruction that waits to be on the list.
type asked struct {
	what Destroyed
	done chan error
}

// OpenList opens a list, or begins one with everything that the vault remembers as destroyed; so a list is complete from its
// first entry. Errors: ErrListShortened (also where the list is not there though its head is), ErrListAltered, ErrHeadMissing.
func OpenList(ctx context.Context, path, headPath string, v vault.Carrier, key *vault.Key, now func() time.Time) (_ *List, err error) {
	l := &List{path: path, head: headPath, key: key, now: now}
	_, err = os.Stat(path)
	there := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	h, err := lockHead(headPath, key, !there)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, h.unlock()) }()
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if h.mark.Entries > 0 {
			return nil, fmt.Errorf("%w: %s is not there", ErrListShortened, path)
		}
		if err := l.begin(ctx, v); err != nil {
			return nil, err
		}
	}
	if l.file, err = os.OpenFile(path, os.O_RDWR, 0o600); err != nil { //nolint:gosec // the operator names the file
		return nil, err
	}
	if err := l.catchUp(h); err != nil {
		return nil, errors.Join(err, l.file.Close())
	}
	return l, nil
}

// begin makes the file with what the vault knows as destroyed.
func (l *List) begin(ctx context.Context, v vault.Carrier) error {
	next := l.path + ".next"
	f, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	var at Mark
	err = v.Dump(ctx, func(rows []vault.Row) error {
		var d Destroyed
		for i := range rows {
			switch {
			case !rows[i].Destroyed || passing(rows[i].Name):
			case rows[i].Kind == vault.KindKey:
				d.Keys = append(d.Keys, rows[i].Name)
			case rows[i].Kind == vault.KindSecret:
				d.Secrets = append(d.Secrets, rows[i].Name)
			}
		}
		if d.empty() {
			return nil
		}
		text, m, err := line(l.key, at, l.now(), d)
		if err == nil {
			at = m
			_, err = f.Write(text)
		}
		return err
	})
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	if err := os.Rename(next, l.path); err != nil {
		return err
	}
	return errors.Join(syncFolder(filepath.Dir(l.path)), syncFolder(filepath.Dir(l.head)))
}

// catchUp reads what others added, drops what a crash left behind the last entry, and has the head say so.
func (l *List) catchUp(h *head) error {
	info, err := l.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < l.size {
		return fmt.Errorf("%w: %s", ErrListShortened, l.path)
	}
	if info.Size() == l.size && h.mark == l.at {
		return nil
	}
	at, size, err := scan(io.NewSectionReader(l.file, l.size, info.Size()-l.size), l.key, l.at, &h.mark, nil)
	if err != nil {
		return err
	}
	l.at, l.size = at, l.size+size
	if l.size < info.Size() {
		if err := errors.Join(l.file.Truncate(l.size), l.file.Sync()); err != nil {
			return err
		}
	}
	if h.mark != l.at {
		return errors.Join(l.file.Sync(), h.write(l.at))
	}
	return nil
}

// Add returns once the list holds what is about to be destroyed, whatever happens then. What many ask for at once is
// brought to disk at once.
func (l *List) Add(d Destroyed) error {
	if d.empty() {
		return nil
	}
	a := &asked{d, make(chan error, 1)}
	l.mu.Lock()
	l.waiting = append(l.waiting, a)
	if l.writing {
		l.mu.Unlock()
		return <-a.done
	}
	l.writing = true
	for len(l.waiting) > 0 {
		group := l.waiting
		l.waiting = nil
		l.mu.Unlock()
		err := l.write(group)
		for _, g := range group {
			g.done <- err
		}
		l.mu.Lock()
	}
	l.writing = false
	l.mu.Unlock()
	return <-a.done
}

func (l *List) write(group []*asked) (err error) {
	if l.bad != nil {
		return fmt.Errorf("the list of destructions needs a restart: %w", l.bad)
	}
	h, err := lockHead(l.head, l.key, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.unlock()) }()
	if err := l.catchUp(h); err != nil {
		return err
	}
	var text []byte
	at := l.at
	for _, g := range group {
		one, m, err := line(l.key, at, l.now(), g.what)
		if err != nil {
			return err
		}
		text, at = append(text, one...), m
	}
	if _, err := l.file.WriteAt(text, l.size); err != nil { // a full disk, which may pass
		l.bad = l.file.Truncate(l.size)
		return errors.Join(err, l.bad)
	}
	if err := errors.Join(l.file.Sync(), h.write(at)); err != nil {
		l.bad = err
		return err
	}
	l.at, l.size = at, l.size+int64(len(text))
	return nil
}

// Mark is where the list stands, with what other processes added.
func (l *List) Mark() (Mark, error) { return readHead(l.head, l.key) }

// Path is the list's file.
func (l *List) Path() string { return l.path }

// Close frees the list; nobody may be adding any more.
func (l *List) Close() error {
	if l.file == nil { // of LookAtList
		return nil
	}
	return l.file.Close()
}
