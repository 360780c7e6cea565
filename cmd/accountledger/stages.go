package main

import (
	"fmt"
	"io"

	"github.com/schollz/progressbar/v3"

	"accountledger/server"
)

// stages shows the progress of a command that does one thing after another, a bar for each.
type stages struct {
	out   io.Writer
	stage string
	bar   *progressbar.ProgressBar
}

func newStages(out io.Writer) *stages { return &stages{out: out} }

func (s *stages) show(p server.Progress) {
	if s.bar == nil || s.stage != p.View {
		s.done()
		total := p.Total
		if total == 0 {
			total = -1 // not known
		}
		s.stage = p.View
		s.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(s.out), progressbar.OptionSetDescription(p.View),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString(p.Unit), progressbar.OptionSetPredictTime(true))
	}
	if p.Total > 0 {
		s.bar.ChangeMax64(max(p.Total, p.Done))
	}
	_ = s.bar.Set64(p.Done) // a bar that cannot be drawn is no reason to stop
}

func (s *stages) done() {
	if s.bar != nil {
		_ = s.bar.Finish()
		_, _ = fmt.Fprintln(s.out)
		s.bar = nil
	}
}
