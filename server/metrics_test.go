package server_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"accountledger/operate"
	"accountledger/server"
)

// number is the value of a series that has to be there.
func (r *running) number(series string) float64 {
	r.t.Helper()
	text := r.metric(series)
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		r.t.Errorf("%s is %q", series, text)
	}
	return n
}

// TestMetrics scrapes a ledger at work: the names keep to Prometheus's conventions, and what was done is counted.
func TestMetrics(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	cfg = withList(t, cfg)
	r := start(t, cfg)
	if got := r.metric("accountledger_backup_age_seconds") + r.metric("accountledger_verify_whole"); got != "" {
		t.Errorf("what was never made is told of: %s", got)
	}
	r.join(mail, "ada.lovelace@example.com", "Ada on the run")
	before := time.Now()
	con := r.console()
	_, err := operate.Backup(t.Context(), con, filepath.Join(t.TempDir(), "backup"), nil)
	fatal(t, err)
	v, err := operate.Verify.Run(t.Context(), con, operate.None{}, nil)
	fatal(t, err)
	fatal(t, rebuild(t, con, operate.RebuildViews{Views: []string{"devices"}}, noProgress))
	if err := rebuild(t, con, operate.RebuildViews{Views: []string{"none"}}, noProgress); err == nil {
		t.Error("a view that there is not was rebuilt")
	}

	body := r.inside(200, "/metrics").body
	problems, err := promlint.New(strings.NewReader(body)).Lint()
	fatal(t, err)
	for _, p := range problems {
		if !strings.HasPrefix(p.Metric, "go_") { // Go's own
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
	if regexp.MustCompile(`lovelace|example\.com|Ada on`).MatchString(body) {
		t.Error("the metrics have something personal")
	}
	head, appends := r.number("accountledger_log_head_position"), r.number("accountledger_log_appends_total")
	if head < float64(v.Events) || appends < 5 || r.number("accountledger_log_events_total") < appends ||
		r.number("accountledger_log_group_appends_sum") < appends ||
		r.number("accountledger_log_sync_duration_seconds_sum") <= 0 || r.number("accountledger_log_free_bytes") <= 0 {
		t.Errorf("the log: head %v, %v appends", head, appends)
	}
	for series, want := range map[string]float64{
		"accountledger_ready": 1, "accountledger_log_latched": 0, "accountledger_log_reserve_bytes": 0,
		`accountledger_deadlines_overdue{kind="erasure"}`: 0, `accountledger_deadlines_overdue{kind="verification"}`: 0,
		"accountledger_destructions_list_usable": 1, "accountledger_verify_whole": 1, "accountledger_verify_faults": 0,
		`accountledger_operator_commands_total{command="verify",result="done"}`:    1,
		`accountledger_operator_commands_total{command="rebuild",result="failed"}`: 1,
		`accountledger_faults_total{kind="damaged",where="log"}`:                   0,
		`accountledger_vault_errors_total{operation="put_secret"}`:                 0,
	} {
		if got := r.number(series); got != want {
			t.Errorf("%s is %v", series, got)
		}
	}
	if n := r.number(`accountledger_vault_operation_duration_seconds_count{operation="create_keys"}`); n < 3 {
		t.Errorf("keys were made %v times", n)
	}
	if age := r.number("accountledger_backup_age_seconds"); age < 0 || age > time.Since(before).Seconds()+1 {
		t.Errorf("the backup is %v s old", age)
	}
	if at := r.number("accountledger_verify_timestamp_seconds"); at < float64(before.Unix()) {
		t.Errorf("verified at %v", at)
	}
	if !regexp.MustCompile(fmt.Sprintf(`accountledger_build_info\{goversion="go1[^"]+",revision="[^"]+",version="%s"\} 1`,
		regexp.QuoteMeta(server.Version()))).MatchString(body) {
		t.Error("no build info")
	}
	if strings.Contains(body, "accountledger_rebuild_") {
		t.Error("a rebuild that has ended is told of")
	}
}
