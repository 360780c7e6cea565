package esdbtest_test

import (
	"testing"

	"accountledger/eventstore/esdb/esdbtest"
)

const denied = "7 access-denied: Access Denied"

func withUsers(t *testing.T) (c *esdbtest.Cluster, admin, ann, guest raw) {
	t.Helper()
	c = esdbtest.Start(t, esdbtest.Options{SystemEvery: -1, User: "admin", Password: "secret", Users: []esdbtest.User{
		{Name: "ann", Password: "a", Groups: []string{"staff"}}, {Name: "bob", Password: "b"}, {Name: "ops", Password: "o", Groups: []string{"$ops"}},
	}})
	guest = dial(t, c.Node(0).Address())
	return c, guest.as("admin", "secret"), guest.as("ann", "a"), guest
}

// TestCallers are identified by what they send with each call.
func TestCallers(t *testing.T) {
	t.Parallel()
	_, admin, ann, guest := withUsers(t)
	guest.says("no credentials", denied, guest.append("s", none, proposals(1)...).said)
	guest.says("wrong password", "16 : Unauthenticated", guest.as("ann", "z").append("s", none, proposals(1)...).said)
	guest.says("an unknown user", "16 : Unauthenticated", guest.as("eve", "e").read(streamOf("s")))
	ann.says("a user", "0", ann.append("s", none, proposals(1)...).said)
	ann.says("a user reads", "s@0", ann.read(streamOf("s")))
	ann.says("a system stream", denied, ann.append("$s", none, proposals(1)...).said)
	ann.says("$all", denied, ann.read(all))
	ops := guest.as("ops", "o")
	ops.says("operators and $all", denied, ops.read(all))
	admin.says("an administrator", "0", admin.append("$s", none, proposals(1)...).said)
	guest.says("a guest reads", denied, guest.read(streamOf("s")))
}

// TestAccessLists give and take rights, by name and by group, to streams and their metadata.
func TestAccessLists(t *testing.T) {
	t.Parallel()
	c, _, ann, guest := withUsers(t)
	bob := guest.as("bob", "b")
	ann.append("s", none, proposals(1)...)
	c.SetMetadata("s", `{"$acl":{"$r":"ann","$w":["staff"],"$d":"$admins","$mr":"staff","$mw":"$admins"}}`)
	ann.says("reads by name", "s@0", ann.read(streamOf("s")))
	bob.says("may not read", denied, bob.read(streamOf("s")))
	ann.says("writes by group", "1", ann.append("s", 0, proposals(1)...).said)
	bob.says("may not write", denied, bob.append("s", 1, proposals(1)...).said)
	ann.says("reads the metadata", "$$s@0", ann.read(streamOf("$$s")))
	bob.says("may not read the metadata", denied, bob.read(streamOf("$$s")))
	ann.says("may not write the metadata", denied, ann.append("$$s", 0, proposals(1)...).said)
	c.SetMetadata("s", `{}`)
	bob.says("all may again", "s@0 s@1", bob.read(streamOf("s")))

	c.Write("$settings", esdbtest.Raw{Data: []byte(`{"$userStreamAcl":{"$w":"staff"},"$systemStreamAcl":{"$r":["$admins","staff"]}}`)})
	ann.says("writes by default", "0", ann.append("t", none, proposals(1)...).said)
	bob.says("may not write by default", denied, bob.append("t", 0, proposals(1)...).said)
	bob.says("reads by default", "t@0", bob.read(streamOf("t")))
	ann.says("reads system streams by default", "$settings@0", ann.read(streamOf("$settings")))
}

// TestAllTakenAway grants the right to read $all, and revokes it under a subscription, which notices and ends.
func TestAllTakenAway(t *testing.T) {
	t.Parallel()
	c, _, ann, _ := withUsers(t)
	c.SetMetadata("$all", `{"$acl":{"$r":["$admins","ann"]}}`)
	ann.says("$all", "$$$all@0", ann.read(all, backwards, count(1)))
	call := ann.call(fromEnd, subscribing)
	for _, want := range []string{"confirmed", "caught up"} {
		said, _ := ann.next(call)
		ann.says("subscribed", want, said)
	}
	c.SetPassword("ann", "new")
	c.Write("s", esdbtest.Raw{})
	said, _ := ann.next(call)
	ann.says("another password", "s@0", said)
	c.SetMetadata("$all", `{"$acl":{"$r":["$admins"]}}`)
	for _, want := range []string{"$$$all@1", denied} {
		said, _ := ann.next(call)
		ann.says("taken away", want, said)
	}
	ann.says("the old password", "16 : Unauthenticated", ann.append("s", 0, proposals(1)...).said)
}
