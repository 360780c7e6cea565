package server_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/operate"
	"accountledger/server"
)

// fakeClock is a wall clock that tests set; the monotonic one beside it stands still.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *fakeClock) options() server.Options {
	return server.Options{Now: c.Now, Monotonic: func() time.Duration { return 0 }}
}

func (r *running) askFor(email string) answer {
	r.t.Helper()
	return r.want(202, "POST", "/v1/sign-ups", "",
		fmt.Sprintf(`{"email":%q,"password":%q,"region":"DE","language":"de","birth_month":"1990-05"}`, email, password))
}

// clockWaits lets something happen, so that the clock is looked at, until it is doubted or not.
func (r *running) clockWaits(con operate.Console, want bool) operate.ClockStatus {
	r.t.Helper()
	r.askFor(uuid.NewString() + "@people.test")
	var c operate.ClockStatus
	eventually(r.t, "the wait's beginning or end", func() bool {
		st, err := operate.ReadStatus.Run(r.t.Context(), con, operate.None{}, nil)
		fatal(r.t, err)
		c = st.Clock
		return c.Waits == want
	})
	if metric := r.inside(200, "/metrics").body; !strings.Contains(metric, fmt.Sprintf("accountledger_clock_doubted %d\n", map[bool]int{true: 1}[want])) {
		r.t.Fatal("the metric says otherwise")
	}
	return c
}

func (r *running) erasure(id string) string {
	r.t.Helper()
	return r.want(200, "GET", "/v1/erasures/"+id, "", "").str(r.t, "state")
}

// Row T7, on the server: a jump destroys nothing, with a restart and without; an operator who names the right time ends the wait.
func TestAJumpOfTheClockWaitsForAnOperator(t *testing.T) {
	t.Parallel()
	const year = 365 * 24 * time.Hour
	cfg, mail := withMail(t)
	cfg.Erasure.Grace = 14 * 24 * time.Hour
	clock := &fakeClock{now: time.Now()}
	begun := clock.Now()
	r := startWith(t, cfg, clock.options())
	ada := r.join(mail, "ada@people.test", "Ada's band")
	id := r.want(202, "POST", "/v1/erasures", ada.token, "").str(t, "id")
	open := r.askFor("under-way@people.test")
	check := func() int { // the check of a wrong code tells an open sign-up from one that came to its end
		return r.send("POST", "/v1/verifications/"+open.str(t, "verification")+"/check", "", fmt.Sprintf(`{"handle":%q,"code":"0"}`, open.str(t, "handle"))).status
	}
	r.clockWaits(r.console(), false)
	before := check()

	clock.jump(year)
	c := r.clockWaits(r.console(), true)
	if c.Says.Sub(c.Expected) < year-time.Hour || c.Since.IsZero() {
		t.Fatalf("status says %+v", c)
	}
	said := r.logs.String()
	if strings.Count(said, "the clock is far from") != 1 || !strings.Contains(said, clock.Now().UTC().Format("2006-01-02")) ||
		!strings.Contains(said, begun.UTC().Format("2006-01-02")) {
		t.Fatal("the log does not tell of both times")
	}
	if state := r.erasure(id); state != "requested" {
		t.Fatalf("the erasure is %s", state)
	}
	r.stop()
	r = startWith(t, cfg, clock.options()) // within the jump
	r.clockWaits(r.console(), true)
	if state := r.erasure(id); state != "requested" {
		t.Fatalf("after a restart the erasure is %s", state)
	}
	clock.jump(-year)
	r.clockWaits(r.console(), false)
	if state := r.erasure(id); state != "requested" || check() != before || strings.Count(r.logs.String(), "the clock is trusted again") != 1 {
		t.Fatalf("the clock is back: the erasure is %s, a check gets %d", state, check())
	}

	clock.jump(year)
	con := r.console()
	r.clockWaits(con, true)
	for says, want := range map[string]string{begun.UTC().Format(time.DateOnly): "clock_differs", clock.Now().Add(time.Hour).Format(time.RFC3339): "clock_differs",
		"soon": "invalid_time", "": "invalid_time"} {
		if _, err := operate.ConfirmClock.Run(t.Context(), con, operate.ClockConfirm{Time: says}, nil); code(err) != want {
			t.Fatalf("to confirm %q: %v", says, err)
		}
	}
	if state := r.erasure(id); state != "requested" {
		t.Fatalf("after a word that was refused the erasure is %s", state)
	}
	done, err := operate.ConfirmClock.Run(t.Context(), con, operate.ClockConfirm{Time: clock.Now().UTC().Format(time.DateOnly), Reason: "It was off for a year."},
		nil)
	fatal(t, err)
	if !done.Waited || !done.Time.Equal(clock.Now()) {
		t.Fatalf("confirmed was %+v", done)
	}
	eventually(t, "the erasure", func() bool { return r.erasure(id) == "completed" })
	r.clockWaits(con, false)
}

// With --clock everything goes by a clock that is moved, and nothing waits: an erasure's grace can be walked through.
func TestAMovedClockForTryingThings(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	cfg.Erasure.Grace = 48 * time.Hour
	r := start(t, cfg)
	ada, bea := r.join(mail, "ada@people.test", "Ada's band"), r.join(mail, "bea@people.test", "Bea's band")
	id := r.want(202, "POST", "/v1/erasures", ada.token, "").str(t, "id")
	r.stop()

	r = startWith(t, cfg, server.Options{Clock: 72 * time.Hour})
	eventually(t, "the erasure", func() bool { return r.erasure(id) == "completed" })
	c := r.clockWaits(r.console(), false)
	if c.Moved != "72h0m0s" || time.Until(c.Says) < 71*time.Hour {
		t.Fatalf("status says %+v", c)
	}
	if !strings.Contains(r.logs.String(), "moved forward") {
		t.Fatal("the log does not say that the clock is moved")
	}
	r.want(200, "GET", "/v1/me", bea.token, "")
	before := len(mail.Taken())
	r.askFor("later@people.test")
	mail.Wait(t, before+1) // codes are sent by the same clock
	r.stop()

	r = startWith(t, cfg, server.Options{Clock: 100 * 24 * time.Hour})
	r.want(401, "GET", "/v1/me", bea.token, "")
}

func TestAClockIsMovedWithDevAlone(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	if _, err := server.Open(t.Context(), cfg, server.Options{Clock: -time.Hour}); !errors.Is(err, server.ErrClockBack) {
		t.Fatal(err)
	}
	cfg.Dev = false
	if _, err := server.Open(t.Context(), cfg, server.Options{Clock: time.Hour}); !errors.Is(err, server.ErrClockDev) {
		t.Fatal(err)
	}
	if _, err := os.Stat(cfg.Data); !errors.Is(err, os.ErrNotExist) {
		t.Fatal("a refused start left something behind")
	}
}
