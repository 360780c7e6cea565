package geo_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter/mmdbtype"

	"accountledger/geo"
	"accountledger/geo/geotest"
)

// opened is a database with a clock of the test's; a look later than a second checks the file.
type opened struct {
	*geo.Countries
	path string
	log  bytes.Buffer
	at   atomic.Int64
}

func open(t *testing.T, countries map[string]string) *opened {
	t.Helper()
	o := &opened{path: filepath.Join(t.TempDir(), "countries.mmdb")}
	geotest.Write(t, o.path, countries)
	var err error
	if o.Countries, err = geo.Open(o.path, slog.New(slog.NewTextHandler(&o.log, nil)), o.now); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *opened) now() time.Time { return time.Unix(o.at.Add(2), 0) }

func (o *opened) want(t *testing.T, address, country string) {
	t.Helper()
	if got := o.Of(address); got != country {
		t.Errorf("%s is in %q, want %q", address, got, country)
	}
}

func (o *opened) warnings() int { return strings.Count(o.log.String(), "level=WARN") }

// TestOf: whatever else the database says, an address that is not of the public internet is in no country.
func TestOf(t *testing.T) {
	t.Parallel()
	o := open(t, map[string]string{"192.0.2.0/24": "DE", "2001:db8::/32": "FR", "10.0.0.0/8": "DE", "127.0.0.0/8": "DE", "100.64.0.0/10": "DE", "fc00::/7": "DE",
		"169.254.0.0/16": "DE", "::1/128": "DE"})
	for address, country := range map[string]string{"192.0.2.1": "DE", "::ffff:192.0.2.1": "DE", "2001:db8::7": "FR", "198.51.100.1": "", "10.1.2.3": "",
		"127.0.0.1": "", "100.64.0.1": "", "fd00::1": "", "169.254.1.1": "", "::1": "", "0.0.0.0": "", "": "", "an address": "", "fe80::1%eth0": ""} {
		o.want(t, address, country)
	}
}

// TestANewFileIsRead: one that cannot be used leaves the old one in use, which is said once.
func TestANewFileIsRead(t *testing.T) {
	t.Parallel()
	o := open(t, map[string]string{"192.0.2.0/24": "DE"})
	o.want(t, "192.0.2.1", "DE")
	geotest.Write(t, o.path, map[string]string{"192.0.2.0/24": "FR"})
	o.want(t, "192.0.2.1", "FR")

	whole, err := os.ReadFile(o.path)
	if err != nil {
		t.Fatal(err)
	}
	for i, broken := range []func() error{
		func() error { return os.WriteFile(o.path, whole[:len(whole)/2], 0o600) },
		func() error { return os.WriteFile(o.path, nil, 0o600) },
		func() error { return os.Remove(o.path) },
		func() error { return os.Mkdir(o.path, 0o700) },
	} {
		if err := broken(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			o.want(t, "192.0.2.1", "FR")
		}
		if got := o.warnings(); got != i+1 {
			t.Errorf("%d warnings, want %d: %s", got, i+1, o.log.String())
		}
	}
	if err := os.Remove(o.path); err != nil {
		t.Fatal(err)
	}
	geotest.Write(t, o.path, map[string]string{"192.0.2.0/24": "ES"})
	o.want(t, "192.0.2.1", "ES")
	if strings.Contains(o.log.String(), "192.0.2.1") {
		t.Error("the log has an address")
	}
}

func TestWhatIsNoDatabaseOfCountries(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	networks := filepath.Join(dir, "networks.mmdb")
	geotest.WriteRecords(t, networks, func(name string) mmdbtype.DataType {
		return mmdbtype.Map{"autonomous_system_number": mmdbtype.String(name)}
	}, map[string]string{"192.0.2.0/24": "Example"})
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{filepath.Join(dir, "none"): "no such file", text: "text", dir: "no file", networks: "country.iso_code"} {
		if _, err := geo.Open(path, slog.New(slog.DiscardHandler), time.Now); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
