package server

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificateAge is for how long a certificate is used before its files are looked at again.
const certificateAge = time.Second

// certificate is read from files, and read again when they change, so that a renewed one needs no restart. Files that do not fit
// together, as between two writes, leave the old one in use.
type certificate struct {
	cert, key string
	log       *slog.Logger
	now       func() time.Time

	mu     sync.Mutex
	held   *tls.Certificate
	stamps [2]stamp
	looked time.Time
}

// stamp tells whether a file has changed.
type stamp struct {
	at   time.Time
	size int64
}

func stampOf(path string) (stamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}, err
	}
	return stamp{info.ModTime(), info.Size()}, nil
}

// openCertificate reads the certificate for the first time.
func openCertificate(cert, key string, log *slog.Logger, now func() time.Time) (*certificate, error) {
	c := &certificate{cert: cert, key: key, log: log, now: now}
	return c, c.read()
}

func (c *certificate) read() error {
	var stamps [2]stamp
	var err error
	for i, path := range []string{c.cert, c.key} {
		if stamps[i], err = stampOf(path); err != nil {
			return fmt.Errorf("tls: %w", err)
		}
	}
	if stamps == c.stamps {
		return nil
	}
	c.stamps = stamps // a pair that cannot be read is not read again before it changes
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("tls: %s and %s: %w", c.cert, c.key, err)
	}
	if c.held != nil {
		c.log.Info("the certificate was read again", "until", pair.Leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	c.held = &pair
	return nil
}

// get is the certificate for a handshake.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if age := c.now().Sub(c.looked); age >= certificateAge || age < 0 {
		c.looked = c.now()
		if err := c.read(); err != nil {
			c.log.Error("the changed certificate cannot be read; the old one stays in use", "cause", err.Error())
		}
	}
	return c.held, nil
}

// until is when the certificate in use ends.
func (c *certificate) until() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held.Leaf.NotAfter
}
