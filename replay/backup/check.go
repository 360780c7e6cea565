package backup

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Check reports whether list and head are as this process left them, apart from additions of others. It reads neither
// in full, only their ends, so it is quick enough for a status request. What it finds blocks destructions too.
// Errors: ErrListShortened (also if the list is missing), ErrListAltered (also if another file was put in its place, even an
// exact copy: opening the list proves that), ErrHeadMissing, ErrHeadEmpty, the last write's error, and the file system's.
func (l *List) Check() error {
	l.mu.Lock()
	known, bad := l.known, l.bad
	l.mu.Unlock()
	if errors.Is(bad, errReading) { // which was then read in full
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

// compare checks the list, and the head as read before, against what this process knows.
func (l *List) compare(known place, proven Mark) error {
	now, err := l.disk.Stat(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s is missing", ErrListShortened, l.path)
	} else if err != nil {
		return err
	}
	mine, err := l.file.Stat()
	if err != nil {
		return err
	}
	switch {
	case !os.SameFile(mine, now):
		return fmt.Errorf("%w: another file was put at %s; a restart reads it in full", ErrListAltered, l.path)
	case now.Size() < known.size, now.Size() == known.size && proven.Entries > known.at.Entries:
		return fmt.Errorf("%w: %s", ErrListShortened, l.path)
	case proven.Entries < known.at.Entries, proven.Entries == known.at.Entries && proven != known.at:
		return fmt.Errorf("%w: its head, %s, is not the one last written", ErrListAltered, l.head)
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
