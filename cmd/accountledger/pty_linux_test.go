package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"accountledger/internal/await"
)

// pty is a terminal with a person before it.
type pty struct {
	t      *testing.T
	person *os.File // what the person types and sees
	tty    *os.File // what the program has as its terminal
	mu     sync.Mutex
	seen   strings.Builder
}

func openPty(t *testing.T) *pty {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &pty{t: t, person: master, tty: tty}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b := make([]byte, 256)
		for {
			n, err := master.Read(b)
			p.mu.Lock()
			p.seen.Write(b[:n])
			p.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = tty.Close()
		_ = master.Close()
		<-ended
	})
	return p
}

// screen is all that the terminal showed.
func (p *pty) screen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.String()
}

// Write shows what the program prints.
func (p *pty) Write(b []byte) (int, error) { return p.tty.Write(b) }

// await waits until the terminal shows a text.
func (p *pty) await(text string) {
	p.t.Helper()
	p.until("it shows "+text, func() bool { return strings.Contains(p.screen(), text) })
}

// hidden waits until the terminal does not show what is typed.
func (p *pty) hidden() {
	p.t.Helper()
	p.until("it shows what is typed no longer", func() bool { return !p.echoes() })
}

func (p *pty) echoes() bool {
	p.t.Helper()
	state, err := unix.IoctlGetTermios(int(p.tty.Fd()), unix.TCGETS)
	if err != nil {
		p.t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// drained says that the program has read all that was typed.
func (p *pty) drained() bool {
	n, err := unix.IoctlGetInt(int(p.tty.Fd()), unix.TIOCINQ)
	return err == nil && n == 0
}

func (p *pty) until(what string, ok func() bool) {
	p.t.Helper()
	await.Until(p.t, what, ok)
}

// types types a line.
func (p *pty) types(line string) {
	p.t.Helper()
	if _, err := p.person.WriteString(line + "\n"); err != nil {
		p.t.Fatal(err)
	}
}
