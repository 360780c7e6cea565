//go:build engines

package server_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/operate"
	"accountledger/projections/elastic/elastictest"
	"accountledger/server"
	"accountledger/vault/postgres/postgrestest"
)

// engines are servers that tests share: a real Elasticsearch, a real PostgreSQL.
type engines struct{ elastic, postgres string }

// startEngines starts, or finds, the servers, until the test ends.
func startEngines(t *testing.T) engines {
	t.Helper()
	address, stop, err := postgrestest.Address(t.Context())
	fatal(t, err)
	t.Cleanup(func() { fatal(t, stop()) })
	url := os.Getenv(elastictest.Variable)
	if url == "" {
		s, err := elastictest.Start(t.Context(), elastictest.Options{})
		fatal(t, err)
		t.Cleanup(func() { fatal(t, s.Close()) })
		url = s.URL()
	}
	return engines{url, address}
}

// onPostgres puts the vault on PostgreSQL in a schema of its own.
func onPostgres(t *testing.T, cfg *server.Config, address string) {
	t.Helper()
	cfg.Vault.Engine, cfg.Vault.Postgres, cfg.Vault.Schema = "postgres", address, "test_"+ownName()
	t.Cleanup(func() {
		db, err := pgx.Connect(context.Background(), address)
		fatal(t, err)
		_, err = db.Exec(context.Background(), "DROP SCHEMA IF EXISTS "+pgx.Identifier{cfg.Vault.Schema}.Sanitize()+" CASCADE")
		fatal(t, errors.Join(err, db.Close(context.Background())))
	})
}

func ownName() string { return strings.ReplaceAll(uuid.NewString(), "-", "")[:12] }

// onElastic puts the views on Elasticsearch under a name of their own.
func onElastic(t *testing.T, cfg *server.Config, url string) {
	t.Helper()
	cfg.Views.Engine, cfg.Views.Elastic = "elasticsearch", url
	cfg.Views.Index = "test-" + ownName()
	t.Cleanup(func() { dropIndexes(t, url, cfg.Views.Index) })
}

// dropIndexes leaves nothing on a server that is not the test's own.
func dropIndexes(t *testing.T, url, prefix string) {
	t.Helper()
	for _, path := range []string{"/" + prefix + "-*", "/_index_template/" + prefix + "-*"} {
		req, err := http.NewRequest(http.MethodDelete, url+path+"?expand_wildcards=all", nil)
		fatal(t, err)
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
		}
	}
}

// TestRealEngines walks the line on real servers.
func TestRealEngines(t *testing.T) {
	on := startEngines(t)
	t.Run("walk", func(t *testing.T) {
		cfg, mail := withMail(t)
		cfg.Store.Engine, cfg.Store.ESDB = "esdb", esdbtest.Start(t, esdbtest.Options{}).Connection()
		onPostgres(t, &cfg, on.postgres)
		onElastic(t, &cfg, on.elastic)
		r := start(t, cfg)
		walkAndRestart(t, r, mail)
		r.stop()
	})
	t.Run("several processes", func(t *testing.T) { operatorsCluster(t, on) })
	t.Run("elasticsearch goes and comes", func(t *testing.T) { elasticGoes(t, on.elastic) })
}

// elasticGoes: commands go on while Elasticsearch is away, also from a start without it; status tells, queries are refused
// as unavailable, and the views catch up by themselves.
func elasticGoes(t *testing.T, url string) {
	proxy := elastictest.NewProxy(t, url)
	away := elastictest.Fault(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { w.WriteHeader(http.StatusBadGateway) })
	proxy.Set(away)
	cfg, mail := withMail(t)
	onElastic(t, &cfg, proxy.URL())
	r := start(t, cfg)
	ada := r.join(mail, "ada.lovelace@example.com", "Ada on the run")
	officer := r.officer("officer@example.org", "compliance")
	refused := r.want(503, "POST", "/v1/views/devices/query", officer, `{}`)
	if refused.header.Get("Retry-After") == "" || strings.Contains(refused.body, "127.0.0.1") {
		t.Errorf("a query without Elasticsearch: %v %s", refused.header, refused.body)
	}
	waiting := func(state string) bool {
		st, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
		fatal(t, err)
		for _, c := range st.Consumers {
			if strings.HasPrefix(c.Name, "devices") && c.State == state {
				return true
			}
		}
		return false
	}
	eventually(t, "status tells", func() bool { return waiting("waiting") })
	r.want(200, "GET", "/readyz", "", "")
	query := func() string {
		return r.want(200, "POST", "/v1/views/devices/query", officer, lookAt(ada.account)).body
	}
	proxy.Set(nil)
	eventually(t, "the views are there", func() bool { return waiting("running") })
	eventually(t, "the view has caught up", func() bool {
		return r.send("POST", "/v1/views/devices/query", officer, `{}`).status == 200 && strings.Count(query(), `"kind"`) == 1
	})
	proxy.Set(away)
	position := r.want(201, "POST", "/v1/me/devices", ada.token, `{"kind":"phone","model":"X","name":"Y"}`).header.Get("Ledger-Position")
	eventually(t, "status tells again", func() bool { return waiting("waiting") })
	proxy.Set(nil)
	eventually(t, "the second device is found", func() bool {
		a := r.send("POST", "/v1/views/devices/query", officer, lookAt(ada.account),
			"Ledger-Min-Position", position)
		return a.status == 200 && strings.Count(a.body, `"kind"`) == 2
	})
}
