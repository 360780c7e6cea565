package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"accountledger/vault"
)

// beginning is the suffix of list and head while they are being created.
const beginning = ".next"

// lock locks the head. If neither head nor list exists, it creates both.
//
// The list is written first, under another name; then the head gets its name, with the mark of the list's beginning; then the
// list gets its own. So whatever a crash leaves, there is no list without a head and no empty head, and
// a head whose list does not have its name yet finds it under the other one.
func (l *List) lock(ctx context.Context, v vault.Portable) (*head, error) {
	for {
		list, err := there(l.disk, l.path) // before the head is looked for: another process may be creating both
		if err != nil {
			return nil, err
		}
		h, err := lockHead(l.disk, l.head, l.key)
		if errors.Is(err, ErrHeadMissing) && !list {
			h, err = l.begin(ctx, v)
			if errors.Is(err, errBegun) {
				continue
			}
		}
		if err != nil {
			return nil, err
		}
		if err := l.name(h.mark); err != nil {
			return nil, errors.Join(err, h.unlock())
		}
		return h, nil
	}
}

// errBegun: another process has created the list.
var errBegun = errors.New("the list has been begun")

// begin creates the head, leaving it locked, and the list under its other name.
func (l *List) begin(ctx context.Context, v vault.Portable) (_ *head, err error) {
	f, err := l.lockNext()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	if begun, err := there(l.disk, l.head); err != nil {
		return nil, err
	} else if begun {
		return nil, errors.Join(errBegun, l.disk.Remove(l.head+beginning))
	}
	at, err := l.first(ctx, v)
	if err != nil {
		return nil, err
	}
	if err := f.Truncate(0); err != nil { // left by an earlier attempt
		return nil, err
	}
	h := &head{file: f, key: l.key, slot: 1}
	if err := h.write(at); err != nil {
		return nil, err
	}
	if err := l.disk.Rename(l.head+beginning, l.head); err != nil {
		return nil, err
	}
	return h, l.disk.SyncFolder(filepath.Dir(l.head))
}

// lockNext locks the file that becomes the head. It stays locked when it gets the head's name.
func (l *List) lockNext() (file, error) {
	for {
		f, err := l.disk.Open(l.head+beginning, os.O_CREATE|os.O_RDWR)
		if err != nil {
			return nil, err
		}
		if err = flock(f); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		mine, err := f.Stat()
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		// The process that had it locked may have renamed it by now.
		if now, err := l.disk.Stat(l.head + beginning); err == nil && os.SameFile(mine, now) {
			return f, nil
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(err, f.Close())
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
}

// first writes what the vault knows as destroyed to a file that later gets the list's name, and returns the mark after it.
func (l *List) first(ctx context.Context, v vault.Portable) (at Mark, err error) {
	f, err := l.disk.Open(l.path+beginning, os.O_CREATE|os.O_TRUNC|os.O_WRONLY)
	if err != nil {
		return at, err
	}
	size := int64(0)
	err = v.Dump(ctx, func(rows []vault.Row) error {
		d := remembered(rows)
		if d.empty() {
			return nil
		}
		text, m, err := line(l.key, at, l.now(), d)
		if err == nil {
			_, err = f.WriteAt(text, size)
		}
		at, size = m, size+int64(len(text))
		return err
	})
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return at, errors.Join(err, l.disk.Remove(l.path+beginning))
	}
	return at, l.disk.SyncFolder(filepath.Dir(l.path))
}

// remembered returns what rows of a vault record as destroyed.
func remembered(rows []vault.Row) (d Destroyed) {
	for i := range rows {
		switch {
		case !rows[i].Destroyed || passing(rows[i].Name):
		case rows[i].Kind == vault.KindKey:
			d.Keys = append(d.Keys, rows[i].Name)
		case rows[i].Kind == vault.KindSecret:
			d.Secrets = append(d.Secrets, rows[i].Name)
		}
	}
	return d
}

// name gives a finished list its name: the file under the other name must be what the head
// records, to the last byte. Otherwise the list was removed.
func (l *List) name(proven Mark) error {
	if named, err := there(l.disk, l.path); named || err != nil {
		return err
	}
	gone := fmt.Errorf("%w: %s is missing", ErrListShortened, l.path)
	f, err := l.disk.Open(l.path+beginning, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return gone
	} else if err != nil {
		return err
	}
	text, err := io.ReadAll(io.NewSectionReader(f, 0, math.MaxInt64))
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if end, err := scan(bytes.NewReader(text), l.key, place{}, &proven, nil); err != nil || end.at != proven || end.size != int64(len(text)) {
		return gone
	}
	if err := l.disk.Rename(l.path+beginning, l.path); err != nil {
		return err
	}
	return l.disk.SyncFolder(filepath.Dir(l.path))
}
