package filelock_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"accountledger/internal/filelock"
)

// TestClose: others can lock a file as soon as it is closed, even while a child process has a copy of it.
func TestClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	take := func() (*os.File, error) {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		return f, unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	first, err := take()
	if err != nil {
		t.Fatal(err)
	}
	childs, err := unix.Dup(int(first.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(childs) }()
	if refused, err := take(); err == nil {
		t.Error("two have the lock")
	} else {
		_ = refused.Close()
	}
	if err := filelock.Close(first); err != nil {
		t.Fatal(err)
	}
	second, err := take()
	if err != nil {
		t.Errorf("it is locked still: %v", err)
	}
	if err := filelock.Close(second); err != nil {
		t.Error(err)
	}
}
