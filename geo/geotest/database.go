// Package geotest writes small databases of countries for tests.
package geotest

import (
	"net/netip"
	"os"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"go4.org/netipx"
)

// Write writes a database in the form of GeoLite2 Country to a file, at once, so that who reads it sees the old one or the new one. The
// countries are those of networks (CIDR).
func Write(t testing.TB, path string, countries map[string]string) {
	t.Helper()
	WriteRecords(t, path, func(country string) mmdbtype.DataType {
		return mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(country)}}
	}, countries)
}

// WriteRecords is Write with records of another form.
func WriteRecords(t testing.TB, path string, record func(value string) mmdbtype.DataType, values map[string]string) {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test-Country", RecordSize: 24, IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	for network, value := range values {
		if err := tree.Insert(netipx.PrefixIPNet(netip.MustParsePrefix(network)), record(value)); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Create(path + ".new")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tree.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}
