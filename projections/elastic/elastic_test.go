//go:build engines

package elastic_test

import (
	"crypto/rand"
	"encoding/hex"
	"flag"
	"os"
	"testing"

	"accountledger/projections/elastic"
	"accountledger/projections/elastic/elastictest"
	"accountledger/projections/view"
	"accountledger/projections/viewtest"
)

func TestMain(m *testing.M) {
	// Each random check creates an index, which takes a while.
	if err := flag.Set("rapid.checks", "40"); err != nil {
		panic(err)
	}
	// Some tests wait for their own server, which leaves the processors idle.
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	flag.Parse()
	os.Exit(elastictest.Main(m))
}

// options use the tests' server under an unused prefix.
func options(t testing.TB) elastic.Options {
	t.Helper()
	var b [6]byte
	_, _ = rand.Read(b[:])
	return elastic.Options{URLs: []string{elastictest.URL(t)}, Prefix: "t" + hex.EncodeToString(b[:])}
}

func engine(t testing.TB, o elastic.Options) *elastic.Engine {
	t.Helper()
	e, err := elastic.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	o := options(t)
	viewtest.Run(t, func(t *testing.T) view.Engine {
		t.Helper()
		return engine(t, o)
	})
}
