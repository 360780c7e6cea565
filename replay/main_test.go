package replay_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain bounds random checks, each of which rebuilds every view; -rapid.checks asks for more.
func TestMain(m *testing.M) {
	checks := flag.Lookup("rapid.checks")
	if err := checks.Value.Set("10"); err != nil {
		panic(err)
	}
	flag.Parse()
	os.Exit(m.Run())
}
