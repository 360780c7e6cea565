//go:build engines

package server_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/notify/smtp/smtptest"
	"accountledger/operate"
	"accountledger/server"
	"accountledger/vault"
)

// cluster is what an operator runs: two processes for the API and two for the consumers, on engines that they share.
type cluster struct {
	t         *testing.T
	program   string
	config    string
	apis      [2]*process
	consumers [2]*process
	mail      *smtptest.Server
	killed    atomic.Bool // one of the API's processes is gone
}

// startCluster writes the configuration that all share, and starts the real program four times.
func startCluster(t *testing.T, on engines) *cluster {
	t.Helper()
	c := &cluster{t: t, program: binary(t), config: filepath.Join(t.TempDir(), "config.yaml"), mail: smtptest.Start(t, smtptest.Options{})}
	var cfg server.Config
	onPostgres(t, &cfg, on.postgres)
	onElastic(t, &cfg, on.elastic)
	master := filepath.Join(t.TempDir(), "master.key")
	_, err := vault.CreateMasterKey(master)
	fatal(t, err)
	fatal(t, os.WriteFile(c.config, fmt.Appendf(nil, `
http: 127.0.0.1:0
http_drain: 0s
internal: {http: 127.0.0.1:0}
controller: {id: example, name: Example, address: 1 Main Street, contact: privacy@example.com, jurisdiction: DE, places: DE}
abuse: {sign_ups_hour: 0, sign_ups_day: 0, changes_minute: 0, sign_ins_hour: 0}
master_key: %s
store: {engine: esdb, esdb: %q}
vault: {engine: postgres, postgres: %q, schema: %s}
views: {engine: elasticsearch, elasticsearch: %q, index: %s}
smtp: {host: %s, port: %d, from: ledger@mail.test, tls: none}
`, master, esdbtest.Start(t, esdbtest.Options{}).Connection(), on.postgres, cfg.Vault.Schema, on.elastic, cfg.Views.Index, c.mail.Host, c.mail.Port), 0o600))
	for i := range 2 {
		c.apis[i] = run(t, c.program, t.TempDir(), c.config, server.RoleAPI)
		c.consumers[i] = run(t, c.program, t.TempDir(), c.config, server.RoleConsumers)
	}
	return c
}

// ask sends a request to one process of the API, and to the other when that one is gone.
func (c *cluster) ask(to int, method, path, token, body string) (int, string) {
	header := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + token}}
	if method != http.MethodGet {
		header.Set("Idempotency-Key", uuid.NewString())
	}
	for range 2 {
		status, text, err := plain(c.t.Context(), method, c.apis[to%2].url+path, header, body)
		if err == nil {
			return status, text
		}
		if !c.killed.Load() {
			c.t.Errorf("%s %s: %v", method, path, err)
		}
		to++
	}
	return 0, ""
}

// shopper changes one person's permission at one process and lets a service ask at the other, until told to stop. What was
// answered holds everywhere from then on.
func (c *cluster) shopper(i int, p person, key, notice string, stop <-chan struct{}) (rounds int) {
	question := fmt.Sprintf(`{"account":%q,"permission":"location","purpose":"navigation"}`, p.account)
	states := [2]struct{ body, want string }{
		{fmt.Sprintf(`{"purpose":"navigation","state":"granted","notice":%q}`, notice), `"allowed"`},
		{`{"purpose":"navigation","state":"withdrawn"}`, `"denied"`},
	}
	for {
		for j, s := range states {
			select {
			case <-stop:
				return rounds
			default:
			}
			at := i + rounds + j
			if status, text := c.ask(at, "PUT", "/v1/me/permissions/location", p.token, s.body); status != 200 {
				c.t.Errorf("changing the permission: %d %s", status, text)
				return rounds
			}
			if status, text := c.ask(at+1, "POST", "/v1/decisions", key, question); status != 200 || !strings.Contains(text, s.want) {
				c.t.Errorf("after %s the other process said %d %s", s.body, status, text)
				return rounds
			}
		}
		rounds++
	}
}

// operatorsCluster runs four processes as an operator would, under load, with two of them killed midway, and compares the
// views with the log at the end.
func operatorsCluster(t *testing.T, on engines) {
	c := startCluster(t, on)
	a := c.apis[0]
	var people []person
	for i := range 6 {
		people = append(people, a.join(c.mail, fmt.Sprintf("person-%d@example.com", i), "a device"))
	}
	added, err := operate.AddService.Run(t.Context(), a.console(), operate.ServiceAdd{Name: "maps", Allow: []string{"location:navigation"}}, nil)
	fatal(t, err)
	officer, notice := a.officer("officer@example.org", "compliance"), a.notice()

	stop := make(chan struct{})
	var rounds atomic.Int64
	var load sync.WaitGroup
	for i, p := range people {
		load.Go(func() { rounds.Add(int64(c.shopper(i, p, added.Key, notice, stop))) })
	}
	eventually(t, "consumers share the work", c.both)
	c.killed.Store(true)
	c.apis[1].end(syscall.SIGKILL)
	c.consumers[0].end(syscall.SIGKILL)
	left := c.consumers[1]
	eventually(t, "the other consumers take over", func() bool { return c.allOf(left) })
	close(stop)
	load.Wait()
	if rounds.Load() == 0 {
		t.Error("nothing was done")
	}
	t.Logf("%d rounds of a grant, a decision, a withdrawal, a decision", rounds.Load())

	// Messages go on too, and a session that one process ended is refused by the other, which comes back first.
	late := a.join(c.mail, "late@example.com", "a late device")
	c.apis[1] = run(t, c.program, t.TempDir(), c.config, server.RoleAPI)
	c.apis[1].want(200, "GET", "/v1/me", late.token, "")
	a.want(204, "DELETE", "/v1/sessions", late.token, "")
	c.apis[1].want(401, "GET", "/v1/me", late.token, "")

	out, err := left.command(c.program, c.config, "replay", "compare")
	if err != nil {
		t.Errorf("replay compare: %v\n%s", err, out)
	}
	t.Log(out)
	eventually(t, "the views know everybody", func() bool {
		return c.apis[1].want(200, "POST", "/v1/views/accounts/query", officer, `{"with_total":true}`).fields["total"] == float64(len(people)+1)
	})
}

// units are what one process of the consumers works on now.
func (p *process) units() (mine, all int) {
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	con, err := server.OpenConsole(ctx, p.cfg)
	if err != nil {
		return 0, 0
	}
	defer func() { _ = con.Close() }()
	st, err := operate.ReadStatus.Run(ctx, con, operate.None{}, nil)
	if err != nil {
		return 0, 0
	}
	for _, u := range st.Consumers {
		if u.State == "running" {
			mine++
		}
	}
	return mine, len(st.Consumers)
}

// both says whether both processes of the consumers have work.
func (c *cluster) both() bool {
	for _, p := range c.consumers {
		if mine, _ := p.units(); mine == 0 {
			return false
		}
	}
	return true
}

// allOf says whether one process does all the work.
func (c *cluster) allOf(p *process) bool {
	mine, all := p.units()
	return all > 0 && mine == all
}
