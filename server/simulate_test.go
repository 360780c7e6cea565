package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"accountledger/operate"
	"accountledger/server"
	"accountledger/simulate"
)

// happened counts the events of a type that the view knows of; -1 while it does not know all that came before.
func happened(t *testing.T, r *running, kind string) int {
	t.Helper()
	in := r.auditorsSession()
	a := r.send("POST", "/v1/views/activity/query", in.str(t, "token"), fmt.Sprintf(`{"filter":{"field":"type","op":"eq","value":%q},"with_total":true}`, kind),
		"Ledger-Min-Position", in.header.Get("Ledger-Position"))
	total, ok := a.fields["total"].(float64)
	if !ok {
		return -1
	}
	return int(total)
}

// limitsChanged counts how often limits were raised or put back.
func limitsChanged(t *testing.T, r *running) int {
	t.Helper()
	return happened(t, r, "limits.changed")
}

// auditor gives the token of a compliance officer, made on first use.
func (r *running) auditor() string {
	r.t.Helper()
	return r.auditorsSession().str(r.t, "token")
}

func (r *running) auditorsSession() answer {
	r.t.Helper()
	const password = "seven-tall-lighthouses"
	added, err := operate.AddStaff.Run(r.t.Context(), r.console(), operate.StaffAdd{Email: "auditor@example.org", Role: "compliance"}, nil)
	if err == nil {
		r.want(200, "POST", "/v1/enrolments", "", `{"code":"`+added.Code+`","password":"`+password+`"}`)
	}
	return r.want(201, "POST", "/v1/sessions", "", `{"email":"auditor@example.org","password":"`+password+`","staff":true}`)
}

func TestSimulateOverHTTP(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	r := start(t, cfg)
	s, err := server.Simulate(t.Context(), cfg, operate.Simulation{Accounts: 40, Seed: 7}, server.Options{}, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, printed(t, &s))
	}
	if s.Counts["accounts/open"] < 20 || s.Counts["permissions/granted"] < 40 || s.Counts["accesses/decided/denied"] == 0 {
		t.Errorf("too little was played:\n%s", printed(t, &s))
	}
	if len(s.Latencies) < 10 || s.Latencies[0].P99 < s.Latencies[0].P50 || s.Latencies[0].P50 == 0 {
		t.Errorf("latencies: %v", s.Latencies)
	}
	eventually(t, "putting the limits back", func() bool { return limitsChanged(t, r) == 2 })
	for _, m := range simulatedMail(t, r) {
		if !strings.HasSuffix(m.To, ".example.invalid") {
			t.Error("a message went elsewhere")
		}
	}
}

func simulatedMail(t *testing.T, r *running) []operate.MailboxEntry {
	t.Helper()
	all, err := operate.ReadMailbox.Run(t.Context(), r.console(), operate.None{}, nil)
	fatal(t, err)
	if len(all) == 0 {
		t.Error("no message came")
	}
	return all
}

func printed(t *testing.T, s *simulate.Summary) string {
	t.Helper()
	var b bytes.Buffer
	fatal(t, s.Print(&b))
	return b.String()
}

// A connection that breaks puts the limits back, and a later run can raise them again.
func TestSimulateBreaksOff(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	r := start(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	var once sync.Once
	_, err := server.Simulate(ctx, cfg, operate.Simulation{Accounts: 1000, Seed: 7}, server.Options{}, func(operate.Progress) { once.Do(cancel) })
	if err == nil {
		t.Error("it was not broken off")
	}
	eventually(t, "putting the limits back", func() bool { return limitsChanged(t, r) == 2 })
	r.stop() // what was asked is answered
	r = start(t, cfg)
	eventually(t, "completing what was proven", func() bool { // or it would count for the later run
		proven := happened(t, r, "verification.passed")
		return proven >= 0 && happened(t, r, "sign_up.completed")+happened(t, r, "contact.attached")+happened(t, r, "recovery.proved") == proven
	})
	if s, err := server.Simulate(t.Context(), cfg, operate.Simulation{Accounts: 3, Seed: 7}, server.Options{}, nil); err != nil {
		t.Errorf("%v\n%s", err, printed(t, &s))
	}
}

func TestSimulateDirectInRunningServer(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	r := start(t, cfg)
	s, err := server.Simulate(t.Context(), cfg, operate.Simulation{Accounts: 60, Seed: 3, Direct: true}, server.Options{}, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, printed(t, &s))
	}
	if s.Days != 0 || s.Counts["accounts/open"] < 30 {
		t.Errorf("played:\n%s", printed(t, &s))
	}
	eventually(t, "recording the limits", func() bool { return limitsChanged(t, r) == 2 })
}

// On a new ledger the history spreads over days; the same seed plays the same, and a second run on the ledger goes on from now.
func TestSimulateHistory(t *testing.T) {
	t.Parallel()
	var all []simulate.Summary
	var cfg server.Config
	for range 2 {
		cfg = config(t)
		s, err := server.Simulate(t.Context(), cfg, operate.Simulation{Accounts: 80, Seed: 5, Days: 10, Direct: true}, server.Options{}, nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, printed(t, &s))
		}
		if s.Days != 10 || s.From.IsZero() {
			t.Errorf("no history: %+v", s)
		}
		all = append(all, s)
	}
	if !reflect.DeepEqual(all[0].Counts, all[1].Counts) {
		t.Errorf("one seed played two things:\n%s\n%s", printed(t, &all[0]), printed(t, &all[1]))
	}
	s, err := server.Simulate(t.Context(), cfg, operate.Simulation{Accounts: 20, Seed: 5, Direct: true}, server.Options{}, nil)
	if err != nil || s.Days != 0 {
		t.Errorf("a second run: %v\n%s", err, printed(t, &s))
	}
	r := start(t, cfg)
	a := r.want(200, "POST", "/v1/views/accounts/query", r.auditor(), `{"histogram":{"field":"opened","interval":"day"}}`)
	if days := strings.Count(a.body, `"start"`); days < 8 {
		t.Errorf("accounts were opened on %d days", days)
	}
}

// TestSimulatedSignInsThatNeedACode: in process and over HTTP, from a client that is not known.
func TestSimulatedSignInsThatNeedACode(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]operate.Simulation{"direct": {Accounts: 60, Seed: 5, Days: 60, Direct: true}, "over HTTP": {Accounts: 30, Seed: 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			cfg.SignIns.Unusual = "code"
			s, err := server.Simulate(t.Context(), cfg, in, server.Options{Hashing: cheap()}, nil)
			if err != nil {
				t.Fatalf("%v\n%s", err, printed(t, &s))
			}
			if begun := s.Counts["activity/sign_in.begun"]; begun == 0 || begun != s.Counts["activity/sign_in.passed"] || s.Counts[simulate.NewClients] == 0 {
				t.Errorf("nobody needed a code, or not everybody gave it:\n%s", printed(t, &s))
			}
		})
	}
}

// When no server runs and HTTP is wanted, one runs for the time.
func TestSimulateStartsAServer(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	s, err := server.Simulate(t.Context(), cfg, operate.Simulation{Accounts: 8, Seed: 1}, server.Options{Hashing: cheap()}, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, printed(t, &s))
	}
}

func TestSimulateRefuses(t *testing.T) {
	t.Parallel()
	withMail, err := server.LoadConfig("", map[string]any{"data": filepath.Join(t.TempDir(), "data"), "dev": true, "smtp.host": "mail.example.org",
		"smtp.from": "ledger@example.org",
		"http":      "127.0.0.1:0", "store.reserve": "-1"})
	fatal(t, err)
	for _, direct := range []bool{false, true} {
		if _, err := server.Simulate(t.Context(), withMail, operate.Simulation{Accounts: 1, Direct: direct}, server.Options{},
			nil); !errors.Is(err, operate.ErrSimulateMail) {
			t.Errorf("direct %v: %v", direct, err)
		}
	}
	// The simulation need not know of the mail server: the running server does.
	start(t, withMail)
	without := withMail
	without.SMTP = server.SMTPConfig{}
	for _, direct := range []bool{false, true} {
		if _, err := server.Simulate(t.Context(), without, operate.Simulation{Accounts: 1, Direct: direct}, server.Options{}, nil); err == nil ||
			!strings.Contains(err.Error(), "mail server") {
			t.Errorf("direct %v, on a server with a mail server: %v", direct, err)
		}
	}
	if _, err := server.Simulate(t.Context(), config(t), operate.Simulation{Direct: true}, server.Options{}, nil); !errors.Is(err, simulate.ErrAccounts) {
		t.Errorf("nobody to play: %v", err)
	}
}
