package esdb_test

import (
	"errors"
	"strings"
	"testing"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
)

// TestCredentials uses what a connection string says about TLS and the user, for appends, reads, subscriptions and the search
// for nodes alike; with less, or something else, there is no access.
func TestCredentials(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{Nodes: 2, TLS: true, ClientCertificate: true, User: "ledger", Password: "p@ss w/rd"})
	good := c.Connection("maxDiscoverAttempts=1", "nodePreference=follower")
	s := open(t, esdb.Options{Connection: good})
	stream, events := newStream(), newEvents(2)
	sub := subscribe(t, s, eventstore.Checkpoint{})
	stands(t, s, stream, add(t, s, stream, eventstore.NoStream, events...), events...)
	got, _ := next(t, sub, 2)
	sameIDs(t, got, events...)

	setting := func(name string) string { // as written in the string
		_, after, _ := strings.Cut(good, name+"=")
		value, _, _ := strings.Cut(after, "&")
		return name + "=" + value
	}
	without := func(parts ...string) string {
		out := good
		for _, p := range parts {
			out = strings.Replace(out, p, "", 1)
		}
		return strings.ReplaceAll(out, "&&", "&")
	}
	user, _, _ := strings.Cut(strings.TrimPrefix(good, "esdb://"), "@")
	unverified := open(t, esdb.Options{Connection: strings.Replace(good, setting("tlsCAFile"), "tlsVerifyCert=false", 1)})
	add(t, unverified, newStream(), eventstore.NoStream, newEvents(1)...)
	if _, err := esdb.Open(esdb.Options{Connection: "esdb://ledger:p@host:2113?tls=false"}); !errors.Is(err, eventstore.ErrInvalid) ||
		!strings.Contains(err.Error(), "tls=false") {
		t.Errorf("a password that would never be sent: %v", err)
	}
	for name, bad := range map[string]string{
		"no user":               without(user + "@"),
		"another password":      strings.Replace(good, user, "ledger:p", 1),
		"another user":          strings.Replace(good, user, "other"+strings.TrimPrefix(user, "ledger"), 1),
		"nobody vouches for it": without(setting("tlsCAFile")),
		"no certificate":        without(setting("userCertFile"), setting("userKeyFile")),
		"no TLS": strings.Replace(without(user+"@", setting("tlsCAFile"), setting("userCertFile"), setting("userKeyFile")),
			"tls=true", "tls=false", 1),
	} {
		if bad == good {
			t.Fatalf("%s: nothing was changed", name)
		}
		_, err := open(t, esdb.Options{Connection: bad}).Append(context30(t), newStream(), eventstore.NoStream, newEvents(1)...)
		if !errors.Is(err, eventstore.ErrUnavailable) || strings.Contains(err.Error(), "p@ss") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDiscoverByName finds the leader of a cluster by a single name.
func TestDiscoverByName(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{Nodes: 3})
	s := open(t, esdb.Options{Connection: strings.Replace(c.ConnectionTo(2), "esdb://", "esdb+discover://", 1)})
	stream, events := newStream(), newEvents(2)
	add(t, s, stream, eventstore.NoStream, events[0])
	c.Elect(1)
	c.Node(0).Down()
	stands(t, s, stream, add(t, s, stream, 0, events[1]), events...)
}
