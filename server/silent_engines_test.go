//go:build engines

package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/faults/network"
	"accountledger/operate"
)

// queryAnswer bounds how long a query waits for Elasticsearch in vain.
const queryAnswer = 10 * time.Second

// TestSilentEngines has shared servers fall silent under processes of the ledger.
func TestSilentEngines(t *testing.T) {
	t.Parallel()
	on := startEngines(t)
	t.Run("elasticsearch", func(t *testing.T) { elasticSilent(t, on.elastic) })
	t.Run("postgresql under two processes", func(t *testing.T) { postgresSilentForOne(t, on) })
}

// behind puts a network that can fail before a server, and gives the address to use.
func behind(t *testing.T, address string) (*network.Proxy, string) {
	t.Helper()
	u, err := url.Parse(address)
	fatal(t, err)
	proxy, err := network.NewProxy(u.Host)
	fatal(t, err)
	t.Cleanup(func() { fatal(t, proxy.Close()) })
	u.Host = proxy.Address()
	return proxy, u.String()
}

// elasticSilent: an Elasticsearch that is silent or slow holds up no command, no page of a person's, no readiness and no status; queries
// are refused in time, and the views catch up by themselves. A process also starts meanwhile.
func elasticSilent(t *testing.T, address string) {
	proxy, address := behind(t, address)
	cfg, mail := withMail(t)
	onElastic(t, &cfg, address)
	r := start(t, cfg)
	ada := r.join(mail, "ada@example.com", "Ada on the run")
	officer := r.officer("officer@example.org", "compliance")
	grant := fmt.Sprintf(`{"purpose":"navigation","state":"granted","notice":%q}`, r.notice())
	mine := lookAt(ada.account)
	devices := 1
	link := func() string {
		devices++
		got := r.timed(atOnce, "POST", "/v1/me/devices", ada.token, `{"kind":"phone","model":"X","name":"Y"}`)
		if got.status != http.StatusCreated {
			t.Errorf("linking a device: %d %s", got.status, got.body)
		}
		return got.header.Get("Ledger-Position")
	}
	walk := func() {
		t.Helper()
		for _, request := range [][3]string{{"GET", "/v1/me", ""}, {"GET", "/v1/me/devices", ""}, {"PUT", "/v1/me/permissions/location", grant}} {
			if got := r.timed(atOnce, request[0], request[1], ada.token, request[2]); got.status != http.StatusOK {
				t.Errorf("%s %s: %d %s", request[0], request[1], got.status, got.body)
			}
		}
		if got := r.timed(toldWithin, "GET", "/readyz", "", ""); got.status != http.StatusOK {
			t.Errorf("readyz: %d %s", got.status, got.body)
		}
		r.inside(200, "/readyz")
		began := time.Now()
		st, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
		fatal(t, err)
		if took := time.Since(began); took > toldWithin || !st.Ready || len(st.Consumers) == 0 {
			t.Errorf("status after %s: %+v", took, st)
		}
	}
	caughtUp := func(position string) {
		t.Helper()
		eventually(t, "the views have caught up", func() bool {
			a := r.send("POST", "/v1/views/devices/query", officer, mine, "Ledger-Min-Position", position)
			return a.status == http.StatusOK && strings.Count(a.body, `"kind"`) == devices
		})
	}
	caughtUp(link())
	silences := map[string]func(){"frozen": proxy.Freeze, "blackholed": func() { fatal(t, proxy.Blackhole()) }, "answers lost": proxy.LoseAnswers}
	for how, silence := range silences {
		silence()
		position := link()
		walk()
		if got := r.timed(queryAnswer, "POST", "/v1/views/devices/query", officer, `{}`); got.status != 503 || got.header.Get("Retry-After") == "" {
			t.Errorf("%s: a query: %d %s", how, got.status, got.body)
		}
		walk()
		proxy.Flow()
		caughtUp(position)
	}
	proxy.Delay(600*time.Millisecond, 600*time.Millisecond)
	position := link()
	walk()
	caughtUp(position)
	proxy.Delay(0, 0)

	r.stop()
	proxy.Freeze()
	began := time.Now()
	r = start(t, cfg)
	if took := time.Since(began); took > queryAnswer {
		t.Errorf("starting took %s", took)
	}
	position = link()
	walk()
	proxy.Flow()
	caughtUp(position)
	proxy.Freeze()
	began = time.Now()
	r.stop()
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("stopping took %s", took)
	}
	proxy.Flow()
}

// postgresSilentForOne: of two processes that share all work one does not hear PostgreSQL any more. It leaves its work before the other
// takes that, and comes back by itself; each message is sent once.
func postgresSilentForOne(t *testing.T, on engines) {
	base, mail := withMail(t)
	base.Store.Engine, base.Store.ESDB = "esdb", esdbtest.Start(t, esdbtest.Options{}).Connection()
	onPostgres(t, &base, on.postgres)
	onElastic(t, &base, on.elastic)
	base.MasterKey = t.TempDir()
	proxy, address := behind(t, on.postgres)
	open := func(postgres string) *running {
		cfg := config(t)
		cfg.Store, cfg.Vault, cfg.Views, cfg.SMTP, cfg.MasterKey = base.Store, base.Vault, base.Views, base.SMTP, base.MasterKey
		cfg.Vault.Postgres = postgres
		return start(t, cfg)
	}
	cut, other := open(address), open(on.postgres)
	ada := other.join(mail, "ada@example.com", "Ada on the run")
	works := func(r *running) (units map[string]bool, all int) {
		t.Helper()
		began := time.Now()
		st, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
		fatal(t, err)
		if took := time.Since(began); took > toldWithin {
			t.Errorf("status took %s", took)
		}
		units = map[string]bool{}
		for _, c := range st.Consumers {
			if c.Name == "processes" { // each process keeps the list; who settles holds a lease of its own
				continue
			}
			if all++; c.State == "running" {
				units[c.Name] = true
			}
		}
		return units, all
	}
	share := func() bool {
		a, all := works(cut)
		b, _ := works(other)
		return len(a) > 0 && len(b) > 0 && len(a)+len(b) == all
	}
	eventually(t, "both have work", share)
	proxy.Freeze()
	eventually(t, "the other one has all the work", func() bool {
		left, all := works(cut) // asked first: what it has left by then the other one may have
		taken, _ := works(other)
		return len(taken) == all && len(left) == 0
	})
	cut.told("vault: timeout: the vault has not answered since")
	other.join(mail, "bob@example.com", "Bob") // messages go on
	proxy.Flow()
	eventually(t, "both have work again", share)
	cut.want(200, "GET", "/v1/me", ada.token, "")
	sent := map[string]int{}
	for _, m := range mail.Taken() {
		sent[m.To]++
	}
	if sent["ada@example.com"] != 2 || sent["bob@example.com"] != 2 {
		t.Errorf("messages: %v", sent)
	}
}
