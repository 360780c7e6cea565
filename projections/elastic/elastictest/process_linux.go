package elastictest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// nobody is the user that root runs the server as, since it refuses to run as root.
const nobody = 65534

// attributes make the server run as a user other than root, in its own process
// group, and end with the process that started it.
func attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if os.Geteuid() == 0 {
		a.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return a
}

// own changes the owner of a folder to the user that the server runs as.
func own(folder string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	return filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, nobody, nobody)) // nobody else can write to the folder
	})
}

// memory is a folder whose files are kept in memory, and mostData how much room
// it must have, in bytes, to be used: it is tiny in some containers.
const (
	memory   = "/dev/shm"
	mostData = 2 << 30
)

// dataFolder is where a server's data goes, "" for the system's temporary folder.
func dataFolder(o *Options) string {
	var space syscall.Statfs_t
	if o.Full || syscall.Statfs(memory, &space) != nil || space.Bavail*uint64(space.Bsize) < mostData { // no block has a negative size
		return ""
	}
	return memory
}

// signal reaches all processes of the server: its launcher and itself.
func signal(pid int, s syscall.Signal) error { return syscall.Kill(-pid, s) }

// lock waits until no other process holds the file.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644) // the path is ours
	if err != nil {
		return nil, err
	}
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(err, f.Close())
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), f.Close())
		}
	}
}
