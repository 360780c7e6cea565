package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"accountledger/internal/groupcommit"
	"accountledger/vault"
)

// List is the list of destructions, open for appending. Several processes may have one list open, if all of them can reach
// the folders of list and head, and files can be locked there. It is safe for concurrent use.
type List struct {
	path, head string
	key        *vault.Key
	now        func() time.Time

	disk files
	file file

	adds  *groupcommit.Group[Destroyed]
	mu    sync.Mutex
	known place // how far this process has read and written; changed by writes
	bad   error // set after a write with an unknown outcome
}

// OpenList opens a list, or starts one with everything that the vault records as destroyed; so a list is complete from its
// first entry. Errors: ErrListShortened (also if the list is missing although its head exists), ErrListAltered, ErrHeadMissing, ErrHeadEmpty.
func OpenList(ctx context.Context, path, headPath string, v vault.Portable, key *vault.Key, now func() time.Time) (*List, error) {
	return openList(ctx, system{}, path, headPath, v, key, now)
}

func openList(ctx context.Context, disk files, path, headPath string, v vault.Portable, key *vault.Key, now func() time.Time) (_ *List, err error) {
	l := &List{path: path, head: headPath, key: key, now: now, disk: disk}
	l.adds = groupcommit.New(groupcommit.Options[Destroyed]{Fits: fit, Commit: l.addTogether})
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

// catchUp reads what others added, drops what a crash left after the last entry, and updates the head.
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

// knows records how far the list goes.
func (l *List) knows(to place) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known = to
}

// broken records that after a failed write only reopening tells the list's state.
func (l *List) broken(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bad = err
}

// Add returns once the list durably holds what is about to be destroyed. Concurrent calls share
// one write. It does not end with ctx: a caller that leaves may not destroy before it is on the list.
func (l *List) Add(ctx context.Context, d Destroyed) error {
	for len(d.Keys) > vault.RowsAtOnce { // so that no entry grows larger than reads allow
		if err := l.Add(ctx, Destroyed{Keys: d.Keys[:vault.RowsAtOnce]}); err != nil {
			return err
		}
		d.Keys = d.Keys[vault.RowsAtOnce:]
	}
	if d.empty() {
		return nil
	}
	return l.adds.Do(context.WithoutCancel(ctx), d)
}

type adding = groupcommit.Call[Destroyed]

// fit is how many fit into one entry.
func fit(waiting []*adding) int {
	n, names := 0, 0
	for n < len(waiting) && (n == 0 || names+waiting[n].Of.names() <= vault.RowsAtOnce) {
		names += waiting[n].Of.names()
		n++
	}
	return n
}

// addTogether writes a group of destructions.
func (l *List) addTogether(group []*adding) {
	err := l.write(group)
	for _, a := range group {
		a.Answer(err)
	}
}

// write writes a group to disk as one entry: if a crash interrupts it, nothing intact follows the broken part.
func (l *List) write(group []*adding) (err error) {
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
		all.add(g.Of)
	}
	text, m, err := line(l.key, l.known.at, l.now(), all)
	if err != nil {
		return err
	}
	to := place{m, l.known.size + int64(len(text)), int64(len(text))}
	if _, err := l.file.WriteAt(text, l.known.size); err != nil { // a full disk, which may be temporary
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

// Mark is the end of the list, including what other processes added.
func (l *List) Mark() (Mark, error) { return readHead(l.disk, l.head, l.key) }

// Path is the list's file.
func (l *List) Path() string { return l.path }

// Close closes the list; no Add may be under way.
func (l *List) Close() error {
	if l.file == nil { // of LookAtList
		return nil
	}
	return l.file.Close()
}
