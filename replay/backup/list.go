package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
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

	disk files
	file file

	mu      sync.Mutex
	waiting []*asked
	writing bool
	known   place // how far this process has read and written; whoever writes changes it
	bad     error // after a write of which it is not known what it did
}

// asked is a destruction that waits to be on the list.
type asked struct {
	what Destroyed
	done chan error
}

// OpenList opens a list, or begins one with everything that the vault remembers as destroyed; so a list is complete from its
// first entry. Errors: ErrListShortened (also where the list is not there though its head is), ErrListAltered, ErrHeadMissing, ErrHeadEmpty.
func OpenList(ctx context.Context, path, headPath string, v vault.Carrier, key *vault.Key, now func() time.Time) (*List, error) {
	return openList(ctx, system{}, path, headPath, v, key, now)
}

func openList(ctx context.Context, disk files, path, headPath string, v vault.Carrier, key *vault.Key, now func() time.Time) (_ *List, err error) {
	l := &List{path: path, head: headPath, key: key, now: now, disk: disk}
	h, err := l.lock(ctx, v)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, h.unlock()) }()
	if l.file, err = disk.Open(path, os.O_RDWR); err != nil {
		return nil, err
	}
	if err := l.catchUp(h); err != nil {
		return nil, errors.Join(err, l.file.Close())
	}
	return l, nil
}

// catchUp reads what others added, drops what a crash left behind the last entry, and has the head say so.
func (l *List) catchUp(h *head) error {
	info, err := l.file.Stat()
	if err != nil {
		return err
	}
	to := l.known
	if info.Size() < to.size {
		return fmt.Errorf("%w: %s", ErrListShortened, l.path)
	}
	if info.Size() == to.size && h.mark == to.at && h.both {
		return nil
	}
	if to, err = scan(io.NewSectionReader(l.file, to.size, info.Size()-to.size), l.key, to, &h.mark, nil); err != nil {
		return fmt.Errorf("%s: %w", l.path, err)
	}
	if to.size < info.Size() {
		if err := errors.Join(l.file.Truncate(to.size), l.file.Sync()); err != nil {
			return err
		}
	}
	if h.mark != to.at || !h.both {
		if err := errors.Join(l.file.Sync(), h.write(to.at)); err != nil {
			return err
		}
	}
	l.knows(to)
	return nil
}

// knows notes how far the list goes.
func (l *List) knows(to place) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known = to
}

// broken notes that a write left the list so that only opening it tells how it stands.
func (l *List) broken(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bad = err
}

// Add returns once the list holds what is about to be destroyed, whatever happens then. What many ask for at once is
// brought to disk at once.
func (l *List) Add(d Destroyed) error {
	for len(d.Keys) > vault.RowsAtOnce { // so that no entry grows beyond what is read again
		if err := l.Add(Destroyed{Keys: d.Keys[:vault.RowsAtOnce]}); err != nil {
			return err
		}
		d.Keys = d.Keys[vault.RowsAtOnce:]
	}
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
		group := l.group()
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

// group takes what waits, as far as it goes into one entry.
func (l *List) group() []*asked {
	n, names := 0, 0
	for n < len(l.waiting) && (n == 0 || names+l.waiting[n].what.names() <= vault.RowsAtOnce) {
		names += l.waiting[n].what.names()
		n++
	}
	group := l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	return group
}

// write brings a group to disk, as one entry: of a write that a crash broke off, nothing whole follows what is broken.
func (l *List) write(group []*asked) (err error) {
	if l.bad != nil {
		return needsRestart(l.bad)
	}
	h, err := lockHead(l.disk, l.head, l.key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.unlock()) }()
	if err := l.compare(l.known, h.mark); err != nil {
		return err
	}
	if err := l.catchUp(h); err != nil {
		return err
	}
	var all Destroyed
	for _, g := range group {
		all.add(g.what)
	}
	text, m, err := line(l.key, l.known.at, l.now(), all)
	if err != nil {
		return err
	}
	to := place{m, l.known.size + int64(len(text)), int64(len(text))}
	if _, err := l.file.WriteAt(text, l.known.size); err != nil { // a full disk, which may pass
		bad := l.file.Truncate(l.known.size)
		l.broken(bad)
		return errors.Join(err, bad)
	}
	if err := errors.Join(l.file.Sync(), h.write(to.at)); err != nil {
		l.broken(err)
		return err
	}
	l.knows(to)
	return nil
}

// Mark is where the list stands, with what other processes added.
func (l *List) Mark() (Mark, error) { return readHead(l.disk, l.head, l.key) }

// Path is the list's file.
func (l *List) Path() string { return l.path }

// Close frees the list; nobody may be adding any more.
func (l *List) Close() error {
	if l.file == nil { // of LookAtList
		return nil
	}
	return l.file.Close()
}
