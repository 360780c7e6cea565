//go:build engines

package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"accountledger/faults/network"
	"accountledger/notify/smtp/smtptest"
	"accountledger/operate"
	"accountledger/server"
	"accountledger/vault/postgres/postgrestest"
)

// Bounds of what people and operators wait for. They are generous: a machine at work on other things is slow.
const (
	firstAnswer = 12 * time.Second // of the request that meets the silence
	atOnce      = 2 * time.Second  // of those after it
	toldWithin  = 3 * time.Second  // of readiness and status
)

// onFaulty is a ledger whose vault is on a PostgreSQL server of the test's own, behind a network that can fail, as a user without
// rights of an administrator.
type onFaulty struct {
	t     *testing.T
	pg    *postgrestest.Server
	proxy *network.Proxy
	cfg   server.Config
	mail  *smtptest.Server
}

const ledgerUser = "ledger"

func startFaulty(t *testing.T, settings ...string) *onFaulty {
	t.Helper()
	f := &onFaulty{t: t}
	var err error
	f.pg, err = postgrestest.Start(t.Context(), settings...)
	fatal(t, err)
	t.Cleanup(func() { fatal(t, f.pg.Stop()) })
	f.proxy, err = network.NewProxy(f.pg.Host())
	fatal(t, err)
	t.Cleanup(func() { fatal(t, f.proxy.Close()) })
	f.sql("CREATE ROLE " + ledgerUser + " LOGIN PASSWORD 'secret'; GRANT CREATE ON DATABASE postgres TO " + ledgerUser)
	f.cfg, f.mail = withMail(t)
	address, err := url.Parse(f.pg.AddressAt(f.proxy.Address()))
	fatal(t, err)
	address.User = url.UserPassword(ledgerUser, "secret")
	f.cfg.Vault.Engine, f.cfg.Vault.Postgres, f.cfg.Vault.Schema = "postgres", address.String(), "vault"
	return f
}

// sql runs statements as the administrator, past the network.
func (f *onFaulty) sql(statements ...string) {
	f.t.Helper()
	conn, err := pgx.Connect(f.t.Context(), f.pg.Address())
	fatal(f.t, err)
	for _, s := range statements {
		_, err = conn.Exec(f.t.Context(), s)
		fatal(f.t, err)
	}
	fatal(f.t, conn.Close(f.t.Context()))
}

// timed is send, which must not take longer.
func (r *running) timed(limit time.Duration, method, path, token, body string) answer {
	r.t.Helper()
	began := time.Now()
	got := r.send(method, path, token, body)
	if took := time.Since(began); took > limit {
		r.t.Errorf("%s %s took %s", method, path, took)
	}
	return got
}

// told wants status and readiness to say soon that the process is not ready, and why.
func (r *running) told(why string) {
	r.t.Helper()
	began := time.Now()
	st, err := operate.ReadStatus.Run(r.t.Context(), r.console(), operate.None{}, nil)
	fatal(r.t, err)
	if took := time.Since(began); took > toldWithin {
		r.t.Errorf("status took %s", took)
	}
	if st.Ready || !strings.Contains(st.Reason, why) {
		r.t.Errorf("status says %v %q, wanted %q", st.Ready, st.Reason, why)
	}
	if got := r.timed(toldWithin, "GET", "/readyz", "", ""); got.status != http.StatusServiceUnavailable {
		r.t.Errorf("readyz: %d %s", got.status, got.body)
	}
	if got := r.inside(503, "/readyz"); !strings.Contains(got.body, why) {
		r.t.Errorf("the internal readyz: %s", got.body)
	}
}

// ready waits until the process is.
func (r *running) ready() {
	r.t.Helper()
	eventually(r.t, "it is ready", func() bool { return r.send("GET", "/readyz", "", "").status == http.StatusOK })
}

func signInOf(email string) string { return fmt.Sprintf(`{"email":%q,"password":%q}`, email, password) }

// TestPostgresSilent: who meets a vault that does not answer is told within seconds, who comes later at once; operators read since when;
// all goes on by itself, erasures too; and a process that is stopped meanwhile ends.
func TestPostgresSilent(t *testing.T) {
	t.Parallel()
	f := startFaulty(t)
	r := start(t, f.cfg)
	ada := r.join(f.mail, "ada@example.com", "Ada on the run")
	for i, silence := range []func(){f.proxy.Freeze, func() { fatal(t, f.proxy.Blackhole()) }, f.proxy.LoseAnswers, f.proxy.LoseRequests} {
		leaver := r.join(f.mail, fmt.Sprintf("leaver-%d@example.com", i), "a device")
		erasure := r.want(202, "POST", "/v1/erasures", leaver.token, "").str(t, "id")
		silence()
		if got := r.timed(firstAnswer, "POST", "/v1/sessions", "", signInOf(ada.email)); got.status != 503 || got.header.Get("Retry-After") == "" {
			t.Errorf("%d %s", got.status, got.body)
		}
		eventually(t, "the silence is known", func() bool {
			st, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
			fatal(t, err)
			return strings.Contains(st.Reason, "vault: timeout: the vault has not answered since")
		})
		for range 3 {
			for _, request := range [][3]string{{"GET", "/v1/me", ""}, {"POST", "/v1/sessions", signInOf(ada.email)}, {"POST", "/v1/sign-ups", signUpBob}} {
				if got := r.timed(atOnce, request[0], request[1], ada.token, request[2]); got.status != 503 {
					t.Errorf("%s %s: %d %s", request[0], request[1], got.status, got.body)
				}
			}
		}
		r.told("vault: timeout: the vault has not answered since")
		f.proxy.Flow()
		r.ready()
		if got := r.want(200, "GET", "/v1/me", ada.token, ""); !strings.Contains(got.body, ada.email) {
			t.Errorf("she reads %s", got.body)
		}
		r.signIn(ada.email)
		eventually(t, "the erasure", func() bool {
			return strings.Contains(r.send("GET", "/v1/erasures/"+erasure, "", "").body, `"completed"`)
		})
	}
	r.sound()
	f.proxy.Freeze()
	began := time.Now()
	r.stop()
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("stopping took %s", took)
	}
	f.proxy.Flow()
	r = start(t, f.cfg)
	r.signIn(ada.email)
	r.sound()
}

// TestPostgresSlow: with a fifth of a second there and back all works, from the start on, and the process stays ready. With more than
// the second within which destroyed keys must be gone everywhere, nothing is answered from the vault, and operators read why.
func TestPostgresSlow(t *testing.T) {
	t.Parallel()
	f := startFaulty(t)
	r := start(t, f.cfg)
	f.proxy.Delay(100*time.Millisecond, 100*time.Millisecond)
	ada := r.join(f.mail, "ada@example.com", "Ada on the run")
	for range 3 {
		r.want(200, "GET", "/v1/me", ada.token, "")
		r.want(200, "GET", "/readyz", "", "")
	}
	r.stop()
	r = start(t, f.cfg)
	r.want(200, "GET", "/v1/me", ada.token, "")
	f.proxy.Delay(1200*time.Millisecond, 1200*time.Millisecond)
	eventually(t, "she is refused", func() bool { return r.timed(firstAnswer, "GET", "/v1/me", ada.token, "").status == 503 })
	eventually(t, "it is told", func() bool { return r.timed(toldWithin, "GET", "/readyz", "", "").status == 503 })
	f.proxy.Delay(0, 0)
	r.ready()
	eventually(t, "she is let in", func() bool { return r.send("GET", "/v1/me", ada.token, "").status == 200 })
}

// TestPostgresRefuses: what an administrator takes away is named, with PostgreSQL's code, and all goes on when it is given back.
func TestPostgresRefuses(t *testing.T) {
	t.Parallel()
	f := startFaulty(t)
	r := start(t, f.cfg)
	ada := r.join(f.mail, "ada@example.com", "Ada on the run")
	for name, c := range map[string]struct {
		take, give []string
		why        string
		reads      bool
	}{
		"it takes no writes": {
			[]string{"ALTER ROLE ledger SET default_transaction_read_only = on"}, []string{"ALTER ROLE ledger RESET default_transaction_read_only"},
			"vault: read only (SQLSTATE 25006)", true},
		"rights to tables": {
			[]string{"REVOKE ALL ON ALL TABLES IN SCHEMA vault FROM ledger"}, []string{"GRANT ALL ON ALL TABLES IN SCHEMA vault TO ledger"},
			"vault: denied (SQLSTATE 42501)", false},
		"rights to write": {
			[]string{"REVOKE INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA vault FROM ledger"}, []string{"GRANT ALL ON ALL TABLES IN SCHEMA vault TO ledger"},
			"vault: denied (SQLSTATE 42501)", true},
		"rights to the schema": {
			[]string{"REVOKE ALL ON SCHEMA vault FROM ledger"}, []string{"GRANT ALL ON SCHEMA vault TO ledger"},
			"vault: denied (SQLSTATE 42P01)", false},
		"the password": {
			[]string{"ALTER ROLE ledger PASSWORD 'another'"}, []string{"ALTER ROLE ledger PASSWORD 'secret'"},
			"vault: denied (SQLSTATE 28P01)", false},
		"the right to connect": {
			[]string{"ALTER ROLE ledger NOLOGIN"}, []string{"ALTER ROLE ledger LOGIN"},
			"vault: denied (SQLSTATE 28000)", false},
		"connections": {
			[]string{"ALTER ROLE ledger CONNECTION LIMIT 0"}, []string{"ALTER ROLE ledger CONNECTION LIMIT -1"},
			"vault: unreachable (SQLSTATE 53300)", false},
	} {
		t.Run(name, func(t *testing.T) {
			f.sql(c.take...)
			f.proxy.Cut() // settings of roles and passwords count for new connections
			eventually(t, "it is not ready", func() bool { return r.send("GET", "/readyz", "", "").status == 503 })
			r.told(c.why)
			if got := r.timed(atOnce, "POST", "/v1/sign-ups", "", signUpBob); got.status != 503 {
				t.Errorf("sign-up: %d %s", got.status, got.body)
			}
			want := 503
			if c.reads {
				want = 200
			}
			eventually(t, fmt.Sprintf("she gets %d", want), func() bool { return r.timed(atOnce, "GET", "/v1/me", ada.token, "").status == want })
			f.sql(c.give...)
			f.proxy.Cut()
			r.ready()
			r.signIn(ada.email)
			r.want(200, "GET", "/v1/me", ada.token, "")
		})
	}
	r.join(f.mail, "late@example.com", "a late device")
	r.sound()
}

// TestPostgresPutBackUnderAServer puts the vault back to yesterday while the ledger serves: it is noticed within seconds, nothing is
// appended or shown any more, and the next start is refused.
func TestPostgresPutBackUnderAServer(t *testing.T) {
	t.Parallel()
	f := startFaulty(t)
	r := start(t, f.cfg)
	ada := r.join(f.mail, "ada@example.com", "Ada on the run")
	grant := fmt.Sprintf(`{"purpose":"navigation","state":"granted","notice":%q}`, r.notice())
	r.stop() // which binds the vault to the place it is at
	putBack := copyVault(t, f.pg.Address(), "vault")
	r = start(t, f.cfg)
	r.join(f.mail, "bob@example.com", "Bob")
	r.runs()
	eventually(t, "the vault is bound to the log's head", func() bool { return f.boundTo(r) })
	putBack()
	f.proxy.Cut()
	const why = "it was put back to an earlier state"
	eventually(t, "it is noticed", func() bool { return r.send("GET", "/readyz", "", "").status == 503 })
	r.told(why)
	eventually(t, "nothing is appended", func() bool { return r.send("PUT", "/v1/me/permissions/location", ada.token, grant).status == 503 })
	r.want(503, "GET", "/v1/me", ada.token, "")
	r.want(503, "POST", "/v1/sessions", "", signInOf(ada.email))
	r.want(503, "POST", "/v1/sign-ups", "", signUpBob)
	if said := r.logs.String(); !strings.Contains(said, why) || strings.Contains(said, "status=500") {
		t.Errorf("the log says\n%s", tail(said))
	}
	r.stop()
	s, err := server.Open(t.Context(), f.cfg, server.Options{Hashing: cheap()})
	if err == nil {
		t.Fatal("it was opened", s.Close())
	}
	if !strings.Contains(err.Error(), "the vault is older") {
		t.Errorf("refused otherwise: %v", err)
	}
}

// boundTo says whether the vault is bound to the end of the log.
func (f *onFaulty) boundTo(r *running) bool {
	f.t.Helper()
	st, err := operate.ReadStatus.Run(f.t.Context(), r.console(), operate.None{}, nil)
	fatal(f.t, err)
	conn, err := pgx.Connect(f.t.Context(), f.pg.Address())
	fatal(f.t, err)
	defer func() { fatal(f.t, conn.Close(f.t.Context())) }()
	var at int64
	fatal(f.t, conn.QueryRow(f.t.Context(), "SELECT at_commit FROM vault.vault").Scan(&at))
	return fmt.Sprint(at) == st.Log.Head
}
