package server_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/operate"
	"accountledger/server"
)

// soon is how long fences wait here: nobody else writes to these logs.
const soon = time.Millisecond

// moved is a configuration for the target of a move: a data folder of its own, the rest alike.
func moved(t *testing.T, cfg server.Config) server.Config {
	t.Helper()
	cfg.Data = filepath.Join(t.TempDir(), "data")
	return cfg
}

// TestMoveThereAndBack moves a served ledger from the embedded engine to EventStoreDB and back to an embedded one; people who were
// signed in still is, with the same password, and nothing that was asked for is lost.
func TestMoveThereAndBack(t *testing.T) {
	t.Parallel()
	here, mail := withMail(t)
	r := start(t, here)
	ada := r.join(mail, "ada.lovelace@example.com", "Ada on the run")
	gone := r.join(mail, "gone@example.com", "Gone")
	officer := r.officer("officer@example.org", "compliance")
	id := r.want(202, "POST", "/v1/erasures", gone.token, "").str(t, "id")
	eventually(t, "the erasure", func() bool { return strings.Contains(r.send("GET", "/v1/erasures/"+id, "", "").body, `"completed"`) })

	there := moved(t, here)
	there.Store.Engine, there.Store.ESDB = "esdb", esdbtest.Start(t, esdbtest.Options{}).Connection()
	if _, err := server.Move(t.Context(), here, there, server.SideOptions{FenceWait: soon}); !errors.Is(err, server.ErrMustStop) {
		t.Fatalf("while it is served: %v", err)
	}
	r.stop()
	stages := map[string]bool{}
	first, err := server.Move(t.Context(), here, there,
		server.SideOptions{LogTo: r.logs, FenceWait: soon, Progress: func(p operate.Progress) { stages[p.View] = true }})
	fatal(t, err)
	if first.Events == 0 || first.Keys == 0 || first.KeysDestroyed == 0 || first.Rows == 0 || first.From == first.To || len(stages) < 4 {
		t.Errorf("%+v %v", first, stages)
	}
	again, err := server.Move(t.Context(), here, there, server.SideOptions{FenceWait: soon})
	fatal(t, err)
	if again.Hash != first.Hash || again.Resumed != first.Events {
		t.Errorf("again: %+v", again)
	}

	// The source can be looked at, and takes nothing.
	c, err := server.OpenConsole(t.Context(), here)
	fatal(t, err)
	st, err := operate.ReadStatus.Run(t.Context(), c, operate.None{}, nil)
	fatal(t, err)
	if st.Ready || !strings.Contains(st.Log.Fence, first.To) {
		t.Errorf("%+v", st)
	}
	if _, err := operate.AddStaff.Run(t.Context(), c, operate.StaffAdd{Email: "late@example.org", Role: "analyst"}, nil); err == nil {
		t.Error("the source takes appends")
	}
	fatal(t, c.Close())

	r = start(t, there)
	r.want(200, "GET", "/v1/me", ada.token, "")
	position := r.want(201, "POST", "/v1/me/devices", ada.token, `{"kind":"phone","model":"X","name":"Y"}`).header.Get("Ledger-Position")
	rows := r.want(200, "POST", "/v1/views/devices/query", officer, lookAt(ada.account),
		"Ledger-Min-Position", position)
	if strings.Count(rows.body, `"kind"`) != 2 {
		t.Errorf("devices: %s", rows.body)
	}
	r.want(401, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email":%q,"password":%q}`, gone.email, password))
	r.want(404, "POST", "/v1/accounts/"+gone.account+"/reveal", officer, `{"parts":["email"],"purpose":"audit","case":"AUD-2026-1"}`)
	r.join(mail, "new@example.com", "New")
	if err := server.AbandonMove(t.Context(), here, there, server.SideOptions{FenceWait: soon}); err == nil {
		t.Error("a move was given up whose target is served from")
	}
	r.stop()
	if err := server.AbandonMove(t.Context(), here, there, server.SideOptions{FenceWait: soon}); err == nil {
		t.Error("a move was given up whose target has been served from")
	}

	back := moved(t, here)
	second, err := server.Move(t.Context(), there, back, server.SideOptions{FenceWait: soon})
	fatal(t, err)
	if second.Events <= first.Events {
		t.Errorf("%+v", second)
	}
	r = start(t, back)
	r.want(200, "GET", "/v1/me", ada.token, "")
	r.signIn(ada.email)
	shown := r.want(200, "POST", "/v1/accounts/"+ada.account+"/reveal", officer, `{"parts":["email"],"purpose":"audit","case":"AUD-2026-1"}`)
	if !strings.Contains(shown.body, ada.email) {
		t.Errorf("reveal: %s", shown.body)
	}
}

// What was asked for and not sent when the source was stopped is sent: before the move while the mail server can be reached.
func TestMoveSendsWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	here, mail := withMail(t)
	r := start(t, here)
	r.join(mail, "first@example.com", "First")
	r.stop()
	before := len(mail.Taken())

	// Somebody signs up while no message can be sent.
	mute := here
	mute.SMTP.Port = 1
	r = start(t, mute)
	up := r.want(202, "POST", "/v1/sign-ups", "",
		fmt.Sprintf(`{"email":"waiting@example.com","password":%q,"region":"DE","language":"de","birth_month":"1990-05"}`, password))
	r.stop()
	there := moved(t, here)
	_, err := server.Move(t.Context(), here, there, server.SideOptions{FenceWait: soon})
	fatal(t, err)
	m := mail.Wait(t, before+1)[before]
	if m.To != "waiting@example.com" {
		t.Fatal("the message went elsewhere")
	}
	r = start(t, there)
	code := strings.ReplaceAll(sixDigits.FindString(m.Parts(t)["text/plain"]), " ", "")
	r.want(200, "POST", "/v1/verifications/"+up.str(t, "verification")+"/check", "", fmt.Sprintf(`{"handle":%q,"code":%q}`, up.str(t, "handle"), code))
	if n := len(mail.Taken()); n != before+1 {
		t.Errorf("%d messages", n-before)
	}
}

func TestAbandonedMove(t *testing.T) {
	t.Parallel()
	here := config(t)
	r := start(t, here)
	r.stop()
	there := moved(t, here)
	_, err := server.Move(t.Context(), here, there, server.SideOptions{FenceWait: soon})
	fatal(t, err)
	fatal(t, server.AbandonMove(t.Context(), here, there, server.SideOptions{FenceWait: soon}))
	r = start(t, here)
	_, err = operate.AddStaff.Run(t.Context(), r.console(), operate.StaffAdd{Email: "officer@example.org", Role: "analyst"}, nil)
	fatal(t, err)
	r.stop()
	if _, err := server.Move(t.Context(), here, there, server.SideOptions{FenceWait: soon}); err == nil {
		t.Error("a target was used again that a move was given up to")
	}
	if _, err := server.Move(t.Context(), here, here, server.SideOptions{FenceWait: soon}); err == nil {
		t.Error("a ledger was moved onto itself")
	}
}
