package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"accountledger/internal/durable"
	"accountledger/operate/folder"

	"golang.org/x/sys/unix"
)

// maxSocketPath is the longest path of a unix socket that every system takes, in bytes.
const maxSocketPath = 104

const (
	// socketName is the socket by which operators' commands reach the server. It is in the data folder, so that it is found
	// wherever the folder is mounted.
	socketName = "control.sock"
	// socketPointer names a file with the path of the socket, where the data folder's file system takes none.
	socketPointer = "control.path"
)

var (
	// ErrNotRunning: no server answers on the data folder.
	ErrNotRunning = errors.New("no server is running on this data folder")
	// ErrSocketForbidden: a server runs, as another user.
	ErrSocketForbidden = errors.New("a server is running on this data folder as another user: run this as that user or as root")
)

// beside makes a path to the socket in the data folder that can be bound and dialled however long the folder's own path is.
// It is good until free is called.
func beside(c *Config) (path string, free func(), err error) {
	path, err = filepath.Abs(c.path(socketName))
	if err != nil || len(path) <= maxSocketPath {
		return path, func() {}, err
	}
	dir, err := os.Open(c.Data)
	if err != nil {
		return "", nil, err
	}
	return filepath.Join("/proc/self/fd", strconv.Itoa(int(dir.Fd())), socketName), func() { _ = dir.Close() }, nil
}

// elsewhere is where the socket is when the data folder's file system takes none: in a folder of its own for temporary files.
func elsewhere(c *Config) (string, error) {
	abs, err := filepath.Abs(c.Data)
	if err != nil {
		return "", err
	}
	h := sha256.Sum256([]byte(abs))
	return filepath.Join(os.TempDir(), "accountledger-"+hex.EncodeToString(h[:6]), socketName), nil
}

// listenSocket makes the socket so that only its owner can connect, from the first moment on.
func listenSocket(ctx context.Context, c *Config) (net.Listener, error) {
	l, err := listenBeside(ctx, c)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOENT) {
		l, err = listenElsewhere(ctx, c)
	}
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	return &peerListener{Listener: l, uid: os.Getuid()}, nil
}

func listenBeside(ctx context.Context, c *Config) (net.Listener, error) {
	path, free, err := beside(c)
	if err != nil {
		return nil, err
	}
	defer free()
	if err := durable.Remove(c.path(socketPointer)); err != nil {
		return nil, err
	}
	l, err := bindOwn(ctx, path)
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // by then path may lead nowhere
	return &removing{l, c.path(socketName)}, nil
}

func listenElsewhere(ctx context.Context, c *Config) (net.Listener, error) {
	path, err := elsewhere(c)
	if err != nil {
		return nil, err
	}
	if err := ownFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	if err := os.WriteFile(c.path(socketPointer), []byte(path+"\n"), 0o600); err != nil {
		return nil, err
	}
	return bindOwn(ctx, path)
}

// bindOwn binds a socket for its owner alone, replacing a leftover: the caller holds the folder's lock.
func bindOwn(ctx context.Context, path string) (*net.UnixListener, error) {
	if err := durable.Remove(path); err != nil {
		return nil, err
	}
	old := unix.Umask(0o177)
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	unix.Umask(old)
	if err != nil {
		return nil, err
	}
	return l.(*net.UnixListener), nil
}

// removing removes the socket when it is closed.
type removing struct {
	net.Listener
	path string
}

func (r *removing) Close() error { return errors.Join(r.Listener.Close(), durable.Remove(r.path)) }

// dialSocket connects to the server on a data folder: by the socket in it, then by the path that the pointer names. ErrNotRunning
// where nobody answers, ErrSocketForbidden where this user may not connect.
func dialSocket(ctx context.Context, c *Config) (net.Conn, error) {
	path, free, err := beside(c)
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNotRunning
	} else if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	defer free()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if err == nil {
		return conn, nil
	}
	if b, readErr := os.ReadFile(c.path(socketPointer)); readErr == nil {
		conn, err = (&net.Dialer{}).DialContext(ctx, "unix", strings.TrimSpace(string(b)))
	}
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, syscall.EACCES):
		if err := folder.MayOpen(c.Data); err != nil {
			return nil, err
		}
		return nil, ErrSocketForbidden
	}
	return nil, ErrNotRunning
}

// ownFolder makes a folder for its owner alone, or finds one that already is.
func ownFolder(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	var st unix.Stat_t
	if err := unix.Lstat(dir, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR || int(st.Uid) != os.Getuid() || st.Mode&0o077 != 0 {
		return fmt.Errorf("%s is not a folder of this user alone", dir)
	}
	return nil
}

// peerListener lets only the server's own user and root connect, whatever the file's mode says. It closes a connection
// of anybody else's without an answer.
type peerListener struct {
	net.Listener
	uid int
}

// peerConn knows which user is at the other end.
type peerConn struct {
	net.Conn
	uid int
}

func (l *peerListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		uid, err := peerUID(c)
		if err == nil && (uid == l.uid || uid == 0) {
			return &peerConn{c, uid}, nil
		}
		_ = c.Close()
	}
}

func peerUID(c net.Conn) (int, error) {
	u, ok := c.(*net.UnixConn)
	if !ok {
		return 0, errors.New("socket: not a unix connection")
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err = errors.Join(err, credErr); err != nil {
		return 0, err
	}
	return int(cred.Uid), nil
}
