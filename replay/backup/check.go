package backup

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Check says whether list and head are as this process left them, or grew since by what others added. It reads neither
// through, only how they end: it is quick enough for whoever asks how things stand. What it finds refuses destructions too.
// Errors: ErrListShortened (also where the list is not there), ErrListAltered (also where another file was put in its place, even a
// whole copy: opening the list proves that), ErrHeadMissing, ErrHeadEmpty, what the last write failed with, and the file system's.
func (l *List) Check() error {
	l.mu.Lock()
	known, bad := l.known, l.bad
	l.mu.Unlock()
	if errors.Is(bad, errReading) { // and read through then
		return nil
	}
	if bad != nil {
		return needsRestart(bad)
	}
	m, err := readHead(l.disk, l.head, l.key)
	if err != nil {
		return err
	}
	return l.compare(known, m)
}

func needsRestart(bad error) error {
	return fmt.Errorf("the list of destructions needs a restart: %w", bad)
}

// compare holds list and head, which was read before, against what this process knows of them.
func (l *List) compare(known place, proven Mark) error {
	now, err := l.disk.Stat(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s is not there", ErrListShortened, l.path)
	} else if err != nil {
		return err
	}
	mine, err := l.file.Stat()
	if err != nil {
		return err
	}
	switch {
	case !os.SameFile(mine, now):
		return fmt.Errorf("%w: another file was put at %s; a restart reads it through", ErrListAltered, l.path)
	case now.Size() < known.size, now.Size() == known.size && proven.Entries > known.at.Entries:
		return fmt.Errorf("%w: %s", ErrListShortened, l.path)
	case proven.Entries < known.at.Entries, proven.Entries == known.at.Entries && proven != known.at:
		return fmt.Errorf("%w: its head, %s, is not the one that was written last", ErrListAltered, l.head)
	case known.last == 0:
		return nil
	}
	last := make([]byte, known.last)
	if _, err := l.file.ReadAt(last, known.size-known.last); err != nil {
		return err
	}
	if sha256.Sum256(last[:len(last)-1]) != known.at.Hash || last[len(last)-1] != '\n' {
		return fmt.Errorf("%w: entry %d of %s", ErrListAltered, known.at.Entries, l.path)
	}
	return nil
}
