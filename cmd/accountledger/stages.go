package main

import (
	"fmt"
	"io"
	"time"

	"accountledger/operate"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
)

// stages shows the progress of a command that does one thing after another, a bar for each, on a terminal and nowhere else.
type stages struct {
	out   io.Writer
	stage string
	bar   *progressbar.ProgressBar
}

func newStages(c *cobra.Command) *stages {
	out := c.ErrOrStderr()
	if !isTerminal(out) || asJSON(c) {
		out = io.Discard
	}
	return &stages{out: out}
}

// drawEvery bounds how often a bar is drawn.
const drawEvery = 100 * time.Millisecond

func (s *stages) show(p operate.Progress) {
	if s.bar == nil || s.stage != p.View {
		s.done()
		total := p.Total
		if total == 0 {
			total = -1 // not known
		}
		s.stage = p.View
		s.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(s.out), progressbar.OptionSetDescription(p.View), progressbar.OptionThrottle(drawEvery),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString(p.Unit), progressbar.OptionSetPredictTime(true))
	}
	if p.Total > 0 {
		s.bar.ChangeMax64(max(p.Total, p.Done))
	}
	_ = s.bar.Set64(p.Done) // a bar that cannot be drawn is no reason to stop
}

// end ends the last bar: full after a success, otherwise as far as it came.
func (s *stages) end(err error) {
	if err == nil {
		s.done()
	} else if s.bar != nil {
		_, _ = fmt.Fprintln(s.out)
		s.bar = nil
	}
}

func (s *stages) done() {
	if s.bar != nil {
		_ = s.bar.Finish()
		_, _ = fmt.Fprintln(s.out)
		s.bar = nil
	}
}
