package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"accountledger/server"
)

// stages shows the progress of a command that does one thing after another, a bar for each. It shows none where nobody
// watches: in a file or a pipe they would be noise.
type stages struct {
	out   io.Writer
	stage string
	bar   *progressbar.ProgressBar
}

func newStages(out io.Writer) *stages {
	if f, ok := out.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		out = io.Discard
	}
	return &stages{out: out}
}

// drawEvery bounds how often a bar is drawn.
const drawEvery = 100 * time.Millisecond

func (s *stages) show(p server.Progress) {
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

// end ends the last bar: full after a success, and as it is when the command came no further.
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
