package esdb_test

import (
	"errors"
	"strings"
	"testing"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/internal/await"
)

const (
	ledgerUser     = "ledger"
	ledgerPassword = "hunter2"
)

// guarded is a server with a user who is not an administrator, but may read $all.
func guarded(t *testing.T) (*esdbtest.Cluster, *esdb.Store) {
	t.Helper()
	c := esdbtest.Start(t, esdbtest.Options{
		TLS: true, User: "admin", Password: "changeit", Users: []esdbtest.User{{Name: ledgerUser, Password: ledgerPassword}},
	})
	c.SetMetadata("$all", `{"$acl":{"$r":["$admins","ledger"]}}`)
	return c, open(t, esdb.Options{Connection: c.ConnectionAs(ledgerUser, ledgerPassword)})
}

func denied(t *testing.T, err error, credentials bool, says string) {
	t.Helper()
	var d *eventstore.DeniedError
	if !errors.As(err, &d) || !errors.Is(err, eventstore.ErrUnavailable) || d.User != ledgerUser || d.Credentials != credentials ||
		!strings.Contains(err.Error(), says) || strings.Contains(err.Error(), ledgerPassword) {
		t.Fatalf("got %v, want %q", err, says)
	}
}

// TestDenied: what is denied is named, with the stream and the user; once it is allowed, it works.
func TestDenied(t *testing.T) {
	t.Parallel()
	c, s := guarded(t)
	stream, events := newStream(), newEvents(2)
	add(t, s, stream, eventstore.NoStream, events[0])
	head(t, s)

	c.SetMetadata("$all", `{"$acl":{"$r":["$admins"]}}`)
	_, err := s.Head(context30(t))
	denied(t, err, false, `reading $all is denied to user "ledger": the server answered PermissionDenied (access-denied)`)

	c.SetMetadata(esdb.DefaultPrefix+stream, `{"$acl":{"$r":["$admins"],"$w":["$admins"]}}`)
	_, err = s.Append(context30(t), stream, 0, events[1])
	denied(t, err, false, `appending to stream `+esdb.DefaultPrefix+stream+` is denied to user "ledger"`)
	denied(t, firstError(s, stream), false, `reading stream `+esdb.DefaultPrefix+stream+` is denied to user "ledger"`)
	denied(t, s.Health(), false, `appending to stream `+esdb.DefaultPrefix+stream)
	await.Until(t, "the right is asked for", func() bool { return c.Calls()["append "+esdb.DefaultPrefix+stream] > 3 })
	denied(t, s.Health(), false, `appending to stream `+esdb.DefaultPrefix+stream)
	c.SetMetadata(esdb.DefaultPrefix+stream, `{}`)
	await.Until(t, "the right is there", func() bool { return s.Health() == nil })
	stands(t, s, stream, add(t, s, stream, 0, events[1]), events...)

	c.SetMetadata(esdb.DefaultPrefix+esdb.FenceStream, `{"$acl":{"$r":["$admins"]}}`)
	await.Until(t, "the look at the fence is denied", func() bool { return s.Health() != nil })
	denied(t, s.Health(), false, "reading stream "+esdb.DefaultPrefix+esdb.FenceStream)
	c.SetMetadata(esdb.DefaultPrefix+esdb.FenceStream, `{}`)
	await.Until(t, "the look at the fence is allowed", func() bool { return s.Health() == nil })
}

// TestPasswordChanged: a wrong password is reported, and the ledger resumes by itself when it is right again.
func TestPasswordChanged(t *testing.T) {
	t.Parallel()
	c, s := guarded(t)
	stream, events := newStream(), newEvents(2)
	add(t, s, stream, eventstore.NoStream, events[0])
	c.SetPassword(ledgerUser, "another")
	_, err := s.Append(context30(t), stream, 0, events[1])
	denied(t, err, true, `the password of user "ledger" is not accepted, appending to stream `+esdb.DefaultPrefix+stream)
	await.Until(t, "health says so", func() bool { return s.Health() != nil })
	denied(t, s.Health(), true, "Unauthenticated")

	c.DropConnections()
	fresh := open(t, esdb.Options{Connection: c.ConnectionAs(ledgerUser, ledgerPassword)})
	_, err = fresh.Head(context30(t))
	outageOf(t, err)
	denied(t, err, true, "Unauthenticated")

	c.SetPassword(ledgerUser, ledgerPassword)
	for _, store := range []*esdb.Store{s, fresh} {
		await.Until(t, "the password is taken", func() bool { return store.Health() == nil })
	}
	stands(t, fresh, stream, add(t, s, stream, 0, events[1]), events...)
}

// TestServerLimits: what the server is configured to refuse is the operator's to fix, and is reported with the limit.
func TestServerLimits(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	s := open(t, esdb.Options{Connection: c.Connection()})
	big := newEvents(1)
	big[0].Data = make([]byte, 4<<10)
	for name, limits := range map[string][2]int{"an append": {1 << 10, 0}, "an event": {0, 1 << 10}} {
		c.SetLimits(limits[0], limits[1])
		stream := newStream()
		_, err := s.Append(context30(t), stream, eventstore.NoStream, big...)
		var limit *eventstore.LimitError
		if !errors.As(err, &limit) || !errors.Is(err, eventstore.ErrUnavailable) || errors.Is(err, eventstore.ErrTooLarge) || errors.Is(err, eventstore.ErrInvalid) ||
			limit.Limit != 1<<10 || limit.Event != (limits[1] > 0) || limit.Event && limit.Needed < 4<<10 {
			t.Fatalf("%s: got %+v, %v", name, limit, err)
		}
		if text := err.Error(); !strings.Contains(text, "1024 for "+name) || !strings.Contains(text, stream) || !strings.Contains(text, "size-exceeded") {
			t.Errorf("%s: %v", name, err)
		}
		if err := s.Health(); err != nil {
			t.Fatalf("health: %v", err)
		}
	}
	c.SetLimits(0, 0)
	add(t, s, newStream(), eventstore.NoStream, big...)
}
