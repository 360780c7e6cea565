package server_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	lib "modernc.org/sqlite/lib"

	"accountledger/faults/disk"
	"accountledger/operate"
)

// faultsOf are those that status shows of a part of the ledger.
func (r *running) faultsOf(where string) (operate.Status, []operate.Fault) {
	r.t.Helper()
	st, err := operate.ReadStatus.Run(r.t.Context(), r.console(), operate.None{}, nil)
	fatal(r.t, err)
	var out []operate.Fault
	for _, f := range st.Faults {
		if string(f.Where) == where {
			out = append(out, f)
		}
	}
	return st, out
}

// metric is the value of a series, "" when there is none.
func (r *running) metric(series string) string {
	r.t.Helper()
	for line := range strings.Lines(r.inside(200, "/metrics").body) {
		if value, ok := strings.CutPrefix(line, series+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

const signUpBob = `{"email":"bob@example.com","password":"correct-horse-battery","region":"DE","language":"de","birth_month":"1990-05"}`

// TestAFullVaultIsSeen (T9): readiness turns, and log, status and metrics name the file, SQLite's code and the request; the log does so once,
// however often it happens.
func TestAFullVaultIsSeen(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	d := disk.Under(t, filepath.Dir(cfg.Data))
	r := start(t, cfg)
	r.join(mail, "ada@example.com", "Ada's band")
	d.Fail(disk.Write, "vault.db", lib.SQLITE_FULL)
	began := time.Now()
	request := r.want(503, "POST", "/v1/sign-ups", "", signUpBob).header.Get("X-Request-Id")
	file := filepath.Join(cfg.Data, "vault", "vault.db")
	var line string
	for l := range strings.Lines(r.logs.String()) {
		if strings.Contains(l, "msg=fault ") && strings.Contains(l, "where=vault") && strings.Contains(l, "during=create_keys") {
			line = l
			break
		}
	}
	for _, want := range []string{"level=ERROR", "kind=no_space", "file=" + file, "engine=SQLITE_FULL", "request=" + request} {
		if !strings.Contains(line, want) {
			t.Errorf("the log says %q, without %s", line, want)
		}
	}
	for range 20 {
		r.want(503, "POST", "/v1/sign-ups", "", signUpBob)
	}
	r.want(503, "GET", "/readyz", "", "")
	st, met := r.faultsOf("vault")
	if len(met) != 1 || met[0].Count < 21 || !met[0].Current || met[0].File != file || met[0].Engine != "SQLITE_FULL" || met[0].Since.IsZero() {
		t.Errorf("status tells %+v", met)
	}
	if st.Ready || !strings.Contains(st.Reason, "SQLITE_FULL") || st.Log.Head == "" || len(st.Consumers) == 0 {
		t.Errorf("status is %+v", st)
	}
	if got := r.metric(`accountledger_faults_total{kind="no_space",where="vault"}`); got == "" || got == "0" {
		t.Errorf("the metric is %q", got)
	}
	if got := r.metric(`accountledger_vault_errors_total{operation="create_keys"}`); got != "21" {
		t.Errorf("the metric of the vault is %q", got)
	}
	// each thing that is not done, then one in ten seconds
	if n := strings.Count(r.logs.String(), "kind=no_space"); n > 4+int(time.Since(began)/(10*time.Second)) {
		t.Errorf("logged %d times", n)
	}
	d.Mend()
	eventually(t, "readiness comes back", func() bool { return r.send("GET", "/readyz", "", "").status == 200 })
	if st, met := r.faultsOf("vault"); !st.Ready || len(met) != 1 {
		t.Errorf("once it is mended: %v %+v", st.Ready, met)
	}
	if text := r.logs.String(); strings.Contains(text, "bob@") || strings.Contains(text, "correct-horse") {
		t.Error("the log has something personal")
	}
}

// TestReadinessDoesWhatCallersDo (T9): where small writes go through and what callers store does not, the process is not ready.
func TestReadinessDoesWhatCallersDo(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	r := start(t, cfg)
	r.join(mail, "ada@example.com", "Ada's band")
	db := openSQLite(t, filepath.Join(cfg.Data, "vault", "vault.db"))
	if _, err := db.Exec(`CREATE TRIGGER full BEFORE INSERT ON keys BEGIN SELECT RAISE(FAIL, 'no'); END`); err != nil {
		t.Fatal(err)
	}
	r.want(200, "GET", "/readyz", "", "")
	if a := r.send("POST", "/v1/sign-ups", "", signUpBob); a.status < 500 {
		t.Fatalf("a sign-up without a key: %d", a.status)
	}
	eventually(t, "readiness says so", func() bool { // the look of before stands for a second
		r.send("POST", "/v1/sign-ups", "", signUpBob)
		return r.send("GET", "/readyz", "", "").status == 503
	})
}

// openSQLite opens a file beside the program, as another program would.
func openSQLite(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(5000)")
	fatal(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// TestADamagedPageOfTheVaultIsSeen (T9): file and offset are named.
func TestADamagedPageOfTheVaultIsSeen(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	r := start(t, cfg)
	r.officer("otto@example.org", "compliance")
	r.stop()
	path := filepath.Join(cfg.Data, "vault", "vault.db")
	var page, size int64
	db := openSQLite(t, path)
	fatal(t, db.QueryRow(`SELECT rootpage FROM sqlite_master WHERE name = 'secrets'`).Scan(&page))
	fatal(t, db.QueryRow(`PRAGMA page_size`).Scan(&size))
	fatal(t, db.Close())
	b, err := os.ReadFile(path)
	fatal(t, err)
	offset := (page - 1) * size
	b[offset+size/2] ^= 8
	fatal(t, os.WriteFile(path, b, 0o600))

	r = start(t, onFolder(t, cfg.Data, nil))
	a := r.send("POST", "/v1/sessions", "", fmt.Sprintf(`{"email":"otto@example.org","password":%q,"staff":true}`, password))
	if a.status < 500 || strings.Contains(a.body, "vault.db") {
		t.Fatalf("signing in: %d %s", a.status, a.body)
	}
	if _, met := r.faultsOf("vault"); len(met) == 0 || met[0].Kind != "damaged" || met[0].File != path || met[0].Offset == nil || *met[0].Offset != offset {
		t.Errorf("status tells %+v", met)
	}
	want := regexp.MustCompile(`msg=fault where=vault kind=damaged .*file=` + regexp.QuoteMeta(path) + ` .*request=` +
		a.header.Get("X-Request-Id") + fmt.Sprintf(" offset=%d ", offset))
	if !want.MatchString(r.logs.String()) {
		t.Errorf("the log is\n%s", r.logs)
	}
	if text := r.logs.String(); strings.Contains(text, "otto@") || strings.Contains(text, password) {
		t.Error("the log has something personal")
	}
}

// TestAListThatCannotBeWrittenIsSeen (T9): the head of the list of destructions cannot be opened, so nothing is destroyed; status says
// which file, and what the system said. The destruction of expired keys meets it too, and first, before every try of the erasure: the
// log names both all the same.
func TestAListThatCannotBeWrittenIsSeen(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	cfg = withList(t, cfg)
	clock := &fakeClock{now: time.Now()}
	r := startWith(t, cfg, clock.options())
	r.expire()
	ada := r.join(mail, "ada@example.com", "Ada's band")
	heads, err := filepath.Glob(filepath.Join(filepath.Dir(cfg.MasterKey), "destructions-*.head"))
	if err != nil || len(heads) != 1 {
		t.Fatalf("%v %v", heads, err)
	}
	fatal(t, os.Rename(heads[0], heads[0]+".away"))
	fatal(t, os.Mkdir(heads[0], 0o700))
	clock.jump(24 * time.Hour) // another day's keys expire
	r.want(202, "POST", "/v1/erasures", r.signIn(ada.email), "")
	for what, during := range map[string]string{"the erasure": "delete_identifier", "expiry": "destroy_keys"} {
		eventually(t, what+" meets it", func() bool {
			return strings.Contains(r.logs.String(), "file="+heads[0]+" errno=EISDIR during="+during)
		})
	}
	eventually(t, "status names the list", func() bool {
		_, met := r.faultsOf("lists")
		for _, f := range met {
			if f.File == heads[0] && f.Errno == "EISDIR" {
				return true
			}
		}
		return false
	})
	refused := func() string { return r.metric(`accountledger_vault_errors_total{operation="destroy_keys"}`) }
	eventually(t, "the erasure is put off", func() bool { return strings.Contains(r.logs.String(), "could not be settled; trying again") })
	before := refused()
	for n := range 4 { // each is entered in the list of deadlines, which is looked at then
		r.askFor(fmt.Sprintf("bob%d@example.com", n))
		eventually(t, "the sign-up has a deadline", func() bool { st, _ := r.faultsOf("lists"); return st.Deadlines >= n+2 })
	}
	if after := refused(); after != before {
		t.Errorf("expired keys were tried again at once: %s failures, then %s", before, after)
	}
	clock.jump(time.Minute)
	r.askFor("bob@example.com")
	eventually(t, "expired keys are tried again", func() bool { return refused() != before })
}
