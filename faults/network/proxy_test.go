package network_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"accountledger/faults/network"
)

// short is how long a test waits for something that must not come.
const short = 100 * time.Millisecond

// echo is an echo server behind a proxy.
func echo(t *testing.T) *network.Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
		}
	}()
	p, err := network.NewProxy(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

type line struct {
	*testing.T
	net.Conn
	*bufio.Reader
}

func dial(t *testing.T, p *network.Proxy) line {
	t.Helper()
	c, err := net.Dial("tcp", p.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return line{t, c, bufio.NewReader(c)}
}

func (l line) say(word string) {
	l.Helper()
	if _, err := io.WriteString(l.Conn, word+"\n"); err != nil {
		l.Fatal(err)
	}
}

func (l line) hear(word string) {
	l.Helper()
	_ = l.SetReadDeadline(time.Now().Add(30 * time.Second))
	if got, err := l.ReadString('\n'); err != nil || got != word+"\n" {
		l.Fatalf("got %q, %v; want %q", got, err, word)
	}
}

func (l line) hearNothing() {
	l.Helper()
	_ = l.SetReadDeadline(time.Now().Add(short))
	if got, err := l.ReadString('\n'); !errors.Is(err, os.ErrDeadlineExceeded) {
		l.Fatalf("got %q, %v", got, err)
	}
}

// TestHeld holds bytes back in each direction, and delivers them later; connections can still be made.
func TestHeld(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*network.Proxy){
		"frozen":   (*network.Proxy).Freeze,
		"requests": (*network.Proxy).LoseRequests,
		"answers":  (*network.Proxy).LoseAnswers,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := echo(t)
			old := dial(t, p)
			old.say("one")
			old.hear("one")
			fail(p)
			young := dial(t, p)
			old.say("two")
			young.say("three")
			old.hearNothing()
			young.hearNothing()
			p.Flow()
			old.hear("two")
			young.hear("three")
		})
	}
}

// TestBlackhole does not even answer an attempt to connect.
func TestBlackhole(t *testing.T) {
	t.Parallel()
	p := echo(t)
	old := dial(t, p)
	for range 2 {
		if err := p.Blackhole(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			var timeout net.Error
			if _, err := net.DialTimeout("tcp", p.Address(), short); !errors.As(err, &timeout) || !timeout.Timeout() {
				t.Fatalf("got %v", err)
			}
		}
		old.say("one")
		old.hearNothing()
		p.Flow()
		old.hear("one")
		young := dial(t, p)
		young.say("two")
		young.hear("two")
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	p := echo(t)
	p.Delay(30*time.Millisecond, 20*time.Millisecond)
	l := dial(t, p)
	begun := time.Now()
	l.say("one")
	l.hear("one")
	if took := time.Since(begun); took < 50*time.Millisecond {
		t.Fatalf("it took %s", took)
	}
	p.Delay(0, 0)
	l.say("two")
	l.hear("two")
}

func TestCut(t *testing.T) {
	t.Parallel()
	p := echo(t)
	l := dial(t, p)
	l.say("one")
	l.hear("one")
	p.Cut()
	_ = l.SetReadDeadline(time.Now().Add(30 * time.Second))
	if got, err := l.ReadString('\n'); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("got %q, %v", got, err)
	}
	again := dial(t, p)
	again.say("two")
	again.hear("two")
}
