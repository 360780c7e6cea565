package esdb_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/internal/await"
)

// resolver returns the same addresses for every name.
type resolver []netip.Addr

// LookupNetIP implements esdb.Resolver.
func (r resolver) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) { return r, nil }

// found bounds the search for the address that answers, on a busy machine; waiting for a silent one takes more than twice as long.
const found = 4 * time.Second

// TestAddresses: addresses of a name that are silent or refuse do not delay the one that answers, at the start or
// later.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"esdb", "esdb+discover"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			c := esdbtest.Start(t, esdbtest.Options{Proxied: true})
			silent := c.Node(0).Also(t, "127.0.0.2")
			if err := silent.Blackhole(); err != nil {
				t.Fatal(err)
			}
			defer silent.Flow()
			frozen := c.Node(0).Also(t, "127.0.0.3")
			frozen.Freeze()
			defer frozen.Flow()
			_, port, err := net.SplitHostPort(c.Node(0).Address())
			if err != nil {
				t.Fatal(err)
			}
			at := resolver{}
			for _, a := range []string{"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.1"} { // nobody listens at 127.0.0.4
				at = append(at, netip.MustParseAddr(a))
			}
			s := open(t, esdb.Options{Connection: scheme + "://log.example:" + port + "?tls=false", Resolver: at})
			begun := time.Now()
			add(t, s, newStream(), eventstore.NoStream, newEvents(1)...)
			if took := time.Since(begun); took > found {
				t.Errorf("it took %s", took)
			}
			c.DropConnections()
			begun = time.Now()
			add(t, s, newStream(), eventstore.NoStream, newEvents(1)...)
			if took := time.Since(begun); took > found {
				t.Errorf("it took %s once the connection was cut", took)
			}
		})
	}
}

// TestAddressesNone: the error names a name without an address.
func TestAddressesNone(t *testing.T) {
	t.Parallel()
	s := open(t, esdb.Options{Connection: "esdb://log.invalid?maxDiscoverAttempts=1", CallTimeout: callTime})
	_, err := s.Head(context30(t))
	if outageOf(t, err); !strings.Contains(err.Error(), "log.invalid") {
		t.Errorf("got %v", err)
	}
	await.Until(t, "health says so", func() bool { return s.Health() != nil })
}
