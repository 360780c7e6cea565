// Package geo says which country an address of the internet is in, by a database that the operator brings: a file in the MaxMind DB format
// with a country's ISO code in each record, such as DB-IP Lite or GeoLite2, Country or City.
package geo

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"
)

const (
	// checkEvery is how often the file is looked at, at most.
	checkEvery = time.Second
	// maxSize bounds the file, which is held in memory: a database of cities has some 120 MB.
	maxSize = 512 << 20
	// sample is how many of a database's networks are looked at for one with a country.
	sample = 10_000
)

// Countries is a database of countries that is read again when its file changes. It is safe for concurrent use.
type Countries struct {
	path string
	log  *slog.Logger
	now  func() time.Time
	held atomic.Pointer[maxminddb.Reader]

	mu     sync.Mutex // of what follows
	file   os.FileInfo
	failed bool // the file as it was last looked at is not the one in use
	looked time.Time
}

// Open reads a database.
func Open(path string, log *slog.Logger, now func() time.Time) (*Countries, error) {
	c := &Countries{path: path, log: log, now: now, looked: now()}
	err := c.read()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Of is the ISO 3166-1 code of the country that an address is in; "" if that is not known, and for addresses that are not of the public
// internet. Every so often it first looks whether the file has changed; a new file that cannot be used leaves the old one in use.
func (c *Countries) Of(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	if a = a.Unmap().WithZone(""); !a.IsGlobalUnicast() || a.IsPrivate() || sharedSpace.Contains(a) {
		return ""
	}
	c.refresh()
	var code string
	if err := c.held.Load().Lookup(a).DecodePath(&code, "country", "iso_code"); err != nil {
		return ""
	}
	return code
}

// sharedSpace is between carriers and their customers (RFC 6598), so it is in no country.
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// refresh reads the file again if it has changed. One caller does so; the others go on with what there is.
func (c *Countries) refresh() {
	if !c.mu.TryLock() {
		return
	}
	defer c.mu.Unlock()
	now := c.now()
	if age := now.Sub(c.looked); age >= 0 && age < checkEvery {
		return
	}
	c.looked = now
	before := c.failed
	info, err := os.Stat(c.path)
	switch {
	case err != nil && before && c.file == nil:
		return // still not there
	case err == nil && c.file != nil && same(info, c.file):
		return
	case err != nil:
		c.file = nil
	default:
		err = c.read()
	}
	if c.failed = err != nil; c.failed {
		c.log.Warn("the changed database of countries cannot be used; the old one stays in use", "setting", "geo.database", "cause", err.Error())
		return
	}
	c.log.Info("the database of countries was read again", "built", c.held.Load().Metadata.BuildTime().UTC().Format(time.DateOnly))
}

func same(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

// read reads the file and puts it in use. It is read into memory: a file that is mapped and then written over would end the process.
func (c *Countries) read() error {
	f, err := os.Open(c.path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if c.file, err = f.Stat(); err != nil { // before it is read: what is written meanwhile shows later
		return err
	}
	if !c.file.Mode().IsRegular() || c.file.Size() > maxSize {
		return fmt.Errorf("%s: no file of at most %d bytes", c.path, maxSize)
	}
	content, err := io.ReadAll(io.LimitReader(f, maxSize))
	if err != nil {
		return err
	}
	db, err := maxminddb.OpenBytes(content)
	if err != nil {
		return fmt.Errorf("%s: %w", c.path, err)
	}
	if !hasCountries(db) {
		return fmt.Errorf("%s: %w", c.path, errNoCountries)
	}
	c.held.Store(db)
	return nil
}

var errNoCountries = errors.New("the records have no country.iso_code")

// hasCountries tells a database of countries from one of other things.
func hasCountries(db *maxminddb.Reader) bool {
	looked := 0
	for network := range db.Networks() {
		var code string
		if err := network.DecodePath(&code, "country", "iso_code"); err == nil && code != "" {
			return true
		}
		if looked++; looked == sample {
			break
		}
	}
	return false
}
