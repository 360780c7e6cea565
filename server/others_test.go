package server_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/notify/smtp/smtptest"
	"accountledger/operate"
	"accountledger/replay/fit"
	"accountledger/server"
)

// onEventStoreDB is a configuration with the log on a server that the test can do things to.
func onEventStoreDB(t *testing.T) (server.Config, *smtptest.Server, *esdbtest.Cluster) {
	t.Helper()
	cfg, mail := withMail(t)
	c := esdbtest.Start(t, esdbtest.Options{})
	cfg.Store.Engine, cfg.Store.ESDB = "esdb", c.Connection()
	return cfg, mail, c
}

func serverStream(stream string) string { return esdb.DefaultPrefix + stream }

// runs waits until every consumer runs at the head.
func (r *running) runs() {
	r.t.Helper()
	eventually(r.t, "every consumer runs", func() bool {
		st, err := operate.ReadStatus.Run(r.t.Context(), r.console(), operate.None{}, nil)
		fatal(r.t, err)
		for _, c := range st.Consumers {
			if c.State != "running" || c.Lag != 0 || c.Unreadable != "" {
				return false
			}
		}
		return st.Ready
	})
}

// sound wants verify and compare to find nothing.
func (r *running) sound() {
	r.t.Helper()
	v, err := operate.Verify.Run(r.t.Context(), r.console(), operate.None{}, nil)
	fatal(r.t, err)
	if !v.OK {
		r.t.Errorf("%+v", v.Faults)
	}
	r.runs() // a view that is being filled cannot be compared
	c, err := operate.Compare.Run(r.t.Context(), r.console(), nil, nil)
	fatal(r.t, err)
	if len(c.Differences) > 0 {
		r.t.Errorf("%+v", c.Differences)
	}
}

// TestAServerSharedWithOthers has others write on the same server whatever they like: a ledger whose prefix begins like this one's,
// applications, and the server itself.
func TestAServerSharedWithOthers(t *testing.T) {
	t.Parallel()
	cfg, mail, c := onEventStoreDB(t)
	other := moved(t, cfg)
	other.Store.Prefix = "accountledger/eu/"
	r, eu := start(t, cfg), start(t, other)
	ada := r.join(mail, "ada@example.com", "Ada on the run")
	anna := eu.join(mail, "ada@example.com", "Another Ada")
	for _, stream := range []string{"orders-1", "account-" + uuid.NewString(), "accountledger", "accountledger/", serverStream("orders-1"),
		serverStream("account-1"),
		serverStream(esdb.LogStream), serverStream(esdb.FenceStream), serverStream("account-" + uuid.NewString() + "x"),
		serverStream("shop/account-" + uuid.NewString()), "$persistentsubscription-x", "$" + serverStream("account-1")} {
		c.Write(stream, esdbtest.Raw{}, esdbtest.Raw{Metadata: []byte{0xff}, Data: []byte("{")}, esdbtest.Link("0@"+serverStream("account-"+ada.account)))
	}
	c.AddSystemEntries(50)
	bob := r.join(mail, "bob@example.com", "Bob")
	for _, one := range []*running{r, eu} {
		one.runs()
		one.sound()
	}
	r.want(200, "GET", "/v1/me", bob.token, "")
	r.want(401, "GET", "/v1/me", anna.token, "")
	r.stop()
	r = start(t, cfg)
	r.want(200, "GET", "/v1/me", ada.token, "")
	r.runs()
	r.sound()
}

// TestAStrangersEventInAnAccountsStream is passed over by one consent, at EventStoreDB as elsewhere.
func TestAStrangersEventInAnAccountsStream(t *testing.T) {
	t.Parallel()
	cfg, mail, c := onEventStoreDB(t)
	r := start(t, cfg)
	ada := r.join(mail, "ada@example.com", "Ada on the run")
	event := uuid.New()
	c.Write(serverStream("account-"+ada.account), esdbtest.Raw{ID: event})
	eventually(t, "everything waits before it", func() bool {
		st, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
		fatal(t, err)
		for _, one := range st.Consumers {
			if one.Unreadable != event.String() || one.Lag != 1 {
				return false
			}
		}
		return !st.Ready
	})
	r.want(http.StatusServiceUnavailable, "GET", "/v1/me", ada.token, "")
	_, err := operate.SkipEvent.Run(t.Context(), r.console(), operate.EventSkip{Event: event.String(), Reason: "The shop wrote it."}, func(operate.Progress) {})
	fatal(t, err)
	r.runs()
	r.want(200, "PUT", "/v1/me/permissions/location", ada.token, fmt.Sprintf(`{"purpose":"navigation","state":"granted","notice":%q}`, r.notice()))
	r.join(mail, "bob@example.com", "Bob")
	r.sound()
}

// TestALogWhoseIDIsGone is refused, and goes on under the id that its vault knows once an operator consents.
func TestALogWhoseIDIsGone(t *testing.T) {
	t.Parallel()
	cfg, mail, c := onEventStoreDB(t)
	r := start(t, cfg)
	ada := r.join(mail, "ada@example.com", "Ada on the run")
	before, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
	fatal(t, err)
	r.stop()
	c.SoftDelete(serverStream(esdb.LogStream))
	var refused *fit.RefusedError
	if s, err := server.Open(t.Context(), cfg, server.Options{}); err == nil {
		t.Fatal("it opened", s.Close())
	} else if !errors.As(err, &refused) || refused.Accept != fit.AcceptLogID || !strings.Contains(err.Error(), serverStream(esdb.LogStream)) {
		t.Fatalf("refused otherwise: %v", err)
	}
	if s, err := server.Open(t.Context(), moved(t, cfg), server.Options{}); err == nil {
		t.Fatal("it opened without a vault", s.Close())
	}
	accept := server.Options{Hashing: cheap(), Accept: fit.Accept{Kind: fit.AcceptLogID, Reason: "Somebody tidied up at the server"}}
	s, err := server.Open(t.Context(), cfg, accept)
	fatal(t, err)
	fatal(t, s.Close())
	r = start(t, cfg)
	after, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
	fatal(t, err)
	if after.Log.ID != before.Log.ID {
		t.Errorf("%s, was %s", after.Log.ID, before.Log.ID)
	}
	r.want(401, "GET", "/v1/me", ada.token, "")
	r.signIn(ada.email)
	r.runs()
	r.sound()
	r.stop()
	c.DeleteStream(serverStream(esdb.LogStream))
	for _, o := range []server.Options{{}, accept} {
		if s, err := server.Open(t.Context(), cfg, o); err == nil {
			t.Fatal("it opened", s.Close())
		} else if !strings.Contains(err.Error(), serverStream(esdb.LogStream)) {
			t.Errorf("%v", err)
		}
	}
}

// TestAStreamThatWasCut is a fault that names the stream and what is missing, in answers 503, and nothing else.
func TestAStreamThatWasCut(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]func(c *esdbtest.Cluster, stream string) (heal func()){
		"$maxCount": func(c *esdbtest.Cluster, stream string) func() {
			c.SetMetadata(stream, `{"$maxCount":1}`)
			return func() { c.SetMetadata(stream, `{}`) }
		},
		"$tb": func(c *esdbtest.Cluster, stream string) func() {
			c.SetMetadata(stream, `{"$tb":1}`)
			return func() { c.SetMetadata(stream, `{}`) }
		},
		"soft delete": func(c *esdbtest.Cluster, stream string) func() { c.SoftDelete(stream); return nil },
		"tombstone":   func(c *esdbtest.Cluster, stream string) func() { c.DeleteStream(stream); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			cfg, mail, c := onEventStoreDB(t)
			r := start(t, cfg)
			ada := r.join(mail, "ada@example.com", "Ada on the run")
			bob := r.join(mail, "bob@example.com", "Bob")
			stream := serverStream("account-" + ada.account)
			heal := cut(c, stream)
			grant := func(r *running, p person) answer {
				return r.send("PUT", "/v1/me/permissions/location", p.token, fmt.Sprintf(`{"purpose":"navigation","state":"granted","notice":%q}`, r.notice()))
			}
			for range 3 { // what was read before may still be answered from; nothing else is
				if got := grant(r, ada); got.status != 200 && got.status != 503 {
					t.Errorf("%d %s", got.status, got.body)
				}
			}
			v, err := operate.Verify.Run(t.Context(), r.console(), operate.None{}, nil)
			fatal(t, err)
			if v.OK || !strings.Contains(fmt.Sprint(v.Faults), "account-"+ada.account) {
				t.Errorf("%+v", v.Faults)
			}
			r.stop()
			r = start(t, cfg)
			if name != "soft delete" { // of which nothing tells a stream that never was, until it is appended to
				r.want(503, "GET", "/v1/me", ada.token, "")
				r.want(503, "GET", "/v1/me/history", ada.token, "")
				if said := r.logs.String(); !strings.Contains(said, stream) {
					t.Errorf("the log names no stream: %s", said)
				}
			}
			if got := grant(r, bob); got.status != 200 {
				t.Errorf("another's: %d %s", got.status, got.body)
			}
			if heal != nil {
				heal()
				r.want(200, "GET", "/v1/me", ada.token, "")
				if got := grant(r, ada); got.status != 200 {
					t.Errorf("healed: %d %s", got.status, got.body)
				}
				r.sound()
			}
		})
	}
}

// TestALogPutBackWhileItIsServed puts the log's server back to yesterday under the running ledger: it appends nothing more, answers
// nobody from memory, and says why; a start is refused, and goes on once an operator consents.
func TestALogPutBackWhileItIsServed(t *testing.T) {
	t.Parallel()
	cfg, mail, c := onEventStoreDB(t)
	r := start(t, cfg)
	ada := r.join(mail, "ada@example.com", "Ada on the run")
	r.runs()
	yesterday := c.Snapshot()
	bob := r.join(mail, "bob@example.com", "Bob")
	r.runs()
	c.PutBack(yesterday)
	eventually(t, "it is seen", func() bool {
		st, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
		fatal(t, err)
		return !st.Ready && strings.Contains(st.Reason, "put back")
	})
	r.want(503, "GET", "/readyz", "", "")
	for _, p := range []person{ada, bob} {
		r.want(503, "GET", "/v1/me", p.token, "")
		r.want(503, "PUT", "/v1/me/permissions/location", p.token, fmt.Sprintf(`{"purpose":"navigation","state":"granted","notice":%q}`, uuid.NewString()))
	}
	if said := r.logs.String(); !strings.Contains(said, "put back to an earlier state") || strings.Contains(said, "view is filled") &&
		strings.Contains(said, "another log") {
		t.Errorf("the log says: %s", said)
	}
	r.stop()
	var refused *fit.RefusedError
	if s, err := server.Open(t.Context(), cfg, server.Options{}); err == nil {
		t.Fatal("it opened", s.Close())
	} else if !errors.As(err, &refused) || refused.Accept != fit.AcceptOlderLog {
		t.Fatalf("refused otherwise: %v", err)
	}
	s, err := server.Open(t.Context(), cfg, server.Options{Hashing: cheap(), Accept: fit.Accept{Kind: fit.AcceptOlderLog, Reason: "The server was put back"}})
	fatal(t, err)
	fatal(t, s.Close())
	r = start(t, cfg)
	r.want(401, "GET", "/v1/me", ada.token, "")
	r.signIn(ada.email)
	r.want(401, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email":%q,"password":%q}`, bob.email, password))
	r.runs()
	r.sound()
}
