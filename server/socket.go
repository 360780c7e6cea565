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
	"strings"

	"golang.org/x/sys/unix"
)

// maxSocketPath is what every system takes as the path of a unix socket, in bytes.
const maxSocketPath = 104

// socketPointer names the file that holds a short path where the folder's own would be too long.
const socketPointer = "control.path"

// socketPath is where operators' commands reach the server: in the data folder, or, when that path is too long, in
// a folder of its own in the system's place for temporary files.
func socketPath(c *Config) (string, error) {
	abs, err := filepath.Abs(c.path("control.sock"))
	if err != nil {
		return "", fmt.Errorf("socket: %w", err)
	}
	if len(abs) <= maxSocketPath {
		return abs, nil
	}
	h := sha256.Sum256([]byte(abs))
	return filepath.Join(os.TempDir(), "accountledger-"+hex.EncodeToString(h[:6]), "control.sock"), nil
}

// listenSocket makes the socket so that nobody but its owner can connect, not even for a moment.
func listenSocket(c *Config) (net.Listener, error) {
	path, err := socketPath(c)
	if err != nil {
		return nil, err
	}
	if dir := filepath.Dir(path); !strings.HasPrefix(dir, c.Data) {
		if err := ownFolder(dir); err != nil {
			return nil, err
		}
	}
	pointer := c.path(socketPointer)
	if err := os.WriteFile(pointer, []byte(path+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) { // the folder's lock is ours: it is a leftover
		return nil, fmt.Errorf("socket: %w", err)
	}
	old := unix.Umask(0o177)
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", path)
	unix.Umask(old)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	return &peerListener{Listener: l, uid: os.Getuid()}, nil
}

// ownFolder makes a folder for its owner alone, or finds one that already is.
func ownFolder(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("socket: %w", err)
	}
	var st unix.Stat_t
	if err := unix.Lstat(dir, &st); err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR || int(st.Uid) != os.Getuid() || st.Mode&0o077 != 0 {
		return fmt.Errorf("socket: %s is not a folder of this user alone", dir)
	}
	return nil
}

// peerListener lets only the server's own user and root connect, whatever the file's mode says.
type peerListener struct {
	net.Listener
	uid int
}

// peerConn knows whose the other end is.
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
