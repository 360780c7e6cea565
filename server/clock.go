package server

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"accountledger/operate"
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

func (s *Server) clockStatus() operate.ClockStatus {
	c := operate.ClockStatus{Says: s.now().UTC()}
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
