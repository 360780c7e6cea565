package esdb_test

import (
	"os"
	"strings"
	"testing"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/internal/await"
)

// TestAuthorityReplaced: the file with the authorities is extended, then the node gets a certificate of the new one.
func TestAuthorityReplaced(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{TLS: true, ClientCertificate: true})
	s := open(t, esdb.Options{Connection: c.Connection()})
	stream, events := newStream(), newEvents(2)
	sub := subscribe(t, s, eventstore.Checkpoint{})
	add(t, s, stream, eventstore.NoStream, events[0])
	c.RotateAuthority(t)
	stands(t, s, stream, add(t, s, stream, 0, events[1]), events...)
	got, _ := next(t, sub, 2)
	sameIDs(t, got, events...)
}

// TestCertificateFiles: a file that has become unreadable is named, and the ledger continues once it can be read.
func TestCertificateFiles(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{TLS: true, ClientCertificate: true})
	good := c.Connection()
	s := open(t, esdb.Options{Connection: good})
	add(t, s, newStream(), eventstore.NoStream, newEvents(1)...)
	for _, setting := range []string{"tlsCAFile", "userCertFile"} {
		_, after, _ := strings.Cut(good, setting+"=")
		path, _, _ := strings.Cut(after, "&")
		if err := os.Rename(path, path+".away"); err != nil {
			t.Fatal(err)
		}
		c.DropConnections()
		await.Until(t, "the connection is missed", func() bool { return s.Health() != nil })
		_, err := s.Head(context30(t))
		if outageOf(t, err); !strings.Contains(err.Error(), setting) || !strings.Contains(err.Error(), path) {
			t.Errorf("got %v", err)
		}
		if err := os.Rename(path+".away", path); err != nil {
			t.Fatal(err)
		}
		await.Until(t, "the node is found again", func() bool { return s.Health() == nil })
		add(t, s, newStream(), eventstore.NoStream, newEvents(1)...)
	}
}

// TestAuthorityUnknown expects the error to say what is wrong with the certificate.
func TestAuthorityUnknown(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{TLS: true})
	stranger := esdbtest.Start(t, esdbtest.Options{TLS: true})
	s := open(t, esdb.Options{Connection: strings.Replace(stranger.Connection("maxDiscoverAttempts=1"), stranger.Node(0).Address(), c.Node(0).Address(), 1)})
	_, err := s.Head(context30(t))
	if outageOf(t, err); !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v", err)
	}
}
