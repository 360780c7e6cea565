package main

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"accountledger/server"
)

// endings are the signals that end a command in good order. SIGHUP ends neither a server nor a command that was started by nohup.
func endings(root *cobra.Command, args []string) []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if c, _, err := root.Find(args); err == nil && c.Name() == serveName || signal.Ignored(syscall.SIGHUP) {
		return all
	}
	return append(all, syscall.SIGHUP)
}

// watched are the signals that a server acts on besides the one that ends it. They are watched before the server is opened, so
// that none is missed.
type watched struct {
	hangups, ends chan os.Signal
	done          chan struct{}
}

func watchSignals() *watched {
	w := &watched{hangups: make(chan os.Signal, 1), ends: make(chan os.Signal, 2), done: make(chan struct{})}
	signal.Notify(w.hangups, syscall.SIGHUP)
	signal.Notify(w.ends, os.Interrupt, syscall.SIGTERM)
	return w
}

// pass gives the server the first hangup and the second request to end, until stop is called.
func (w *watched) pass(s *server.Server) {
	after := func(from <-chan os.Signal, nth int, do func()) {
		for range nth {
			select {
			case <-from:
			case <-w.done:
				return
			}
		}
		do()
	}
	go after(w.hangups, 1, s.HungUp)
	go after(w.ends, 2, s.EndDrain)
}

func (w *watched) stop() {
	signal.Stop(w.hangups)
	signal.Stop(w.ends)
	close(w.done)
}
