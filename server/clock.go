package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"accountledger/commands"
	"accountledger/domain"
)

var (
	// ErrClockDev: a moved clock is for trying things.
	ErrClockDev = errors.New("--clock moves the ledger's clock, for trying things out: it needs --dev")
	// ErrClockBack: a ledger's times never go back.
	ErrClockBack = errors.New("--clock moves the ledger's clock forward: give a duration above 0, such as +72h")
)

// moveClock puts a clock in front of the one that o has, if it asks for that.
func (o *Options) moveClock(dev bool) error {
	switch {
	case o.Clock == 0:
		return nil
	case !dev:
		return ErrClockDev
	case o.Clock < 0:
		return ErrClockBack
	}
	now, by := o.Now, o.Clock
	o.Now = func() time.Time { return now().Add(by) }
	return nil
}

// tellClock says at every start that the clock is moved.
func (s *Server) tellClock() {
	if s.ahead > 0 {
		s.log.Warn("the ledger's clock is moved forward, because of --clock; everything goes by it", "by", s.ahead.String(), "clock", s.now().UTC())
	}
}

// ClockStatus is how the ledger's clock is seen.
type ClockStatus struct {
	// Waits says that nothing is destroyed because of the time: Says is too far from Expected, where the log and the time that the
	// process has run put the clock. It ends when the clock is back, or when an operator confirms it. Told by the process that settles.
	Waits    bool      `json:"waits"`
	Since    time.Time `json:"since,omitzero"` // by the clock itself
	Says     time.Time `json:"says"`
	Expected time.Time `json:"expected,omitzero"`
	// Moved is by how much --clock moves it forward.
	Moved string `json:"moved,omitzero"`
}

func (s *Server) clockStatus() ClockStatus {
	c := ClockStatus{Says: s.now().UTC()}
	if s.processes != nil {
		seen := s.processes.Clock()
		if c.Waits = seen.Waits; c.Waits {
			c.Since, c.Says, c.Expected = seen.Since.UTC(), seen.Says.UTC(), seen.Expected.UTC()
		}
	}
	if s.ahead > 0 {
		c.Moved = s.ahead.String()
	}
	return c
}

// clockMetric is 1 while what is destroyed by time waits.
func (s *Server) clockMetric() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "accountledger_clock_doubted",
		Help: "1 while nothing is destroyed because of the time: the clock is far from where the log and a monotonic clock put it."},
		func() float64 { return truth(s.clockStatus().Waits) })
}

// ClockConfirm says what time it is by another clock than the machine's: a day, as 2026-11-26 in UTC, or a time, as
// 2026-11-26T19:40Z.
type ClockConfirm struct {
	Time string `json:"time"`
	// Reason is in the operator's words, about nobody; it may be empty. It is sealed in the log.
	Reason string `json:"reason,omitzero"`
}

// ClockConfirmed is the answer.
type ClockConfirmed struct {
	Time time.Time `json:"time"` // what the ledger's clock said
	// Waited says that something waited for it, as far as this process knows.
	Waited bool `json:"waited"`
}

var errClockTime = &domain.Error{Kind: domain.Invalid, Code: "invalid_time", Field: "/time",
	Message: "Say what time it is by another clock than this machine's: 2026-11-26 for a day in UTC, or 2026-11-26T19:40Z."}

// clockWithin is how far the ledger's clock may be from the time that an operator gives.
const clockWithin = 10 * time.Minute

// clockTimes reads what an operator says the time is.
func clockTimes(s string) (from, until time.Time, err error) {
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return day, day.AddDate(0, 0, 1).Add(-1), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.Add(-clockWithin), at.Add(clockWithin), nil
		}
	}
	return from, until, errClockTime
}

// ClockConfirm takes the ledger's clock as right. It is refused where the clock says something else than the operator: then
// it is to be set first, or it has moved since the operator looked.
func (o operator) ClockConfirm(ctx context.Context, in ClockConfirm) (ClockConfirmed, error) {
	from, until, err := clockTimes(in.Time)
	if err != nil {
		return ClockConfirmed{}, err
	}
	because, err := o.record(ctx, domain.OpClockConfirm)
	if err != nil {
		return ClockConfirmed{}, err
	}
	out := ClockConfirmed{Waited: o.clockStatus().Waits}
	a, err := o.menu.ConfirmClock(ctx, o.request("confirmClock", because), commands.ConfirmClock{From: from, Until: until, Reason: in.Reason})
	if err != nil {
		return ClockConfirmed{}, err
	}
	out.Time = a.Value
	return out, nil
}

// confirmPlayed takes the system's clock as right once a history was played by another one, so that the ledger can be served at once.
func (o operator) confirmPlayed(ctx context.Context) error {
	now := o.now()
	_, err := o.menu.ConfirmClock(ctx, o.request("confirmClock", domain.EventID{}), commands.ConfirmClock{From: now.Add(-clockWithin), Until: now.Add(clockWithin)})
	return err
}

func handleClock(s *Server, mux *http.ServeMux) {
	handle(s, mux, "clock-confirm", func(ctx context.Context, o operator, in ClockConfirm, _ func(Progress)) (ClockConfirmed, error) {
		return o.ClockConfirm(ctx, in)
	})
}

func (r *remote) ClockConfirm(ctx context.Context, in ClockConfirm) (ClockConfirmed, error) {
	return ask[ClockConfirmed](ctx, r, "clock-confirm", in, nil)
}
