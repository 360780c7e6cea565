package main

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"accountledger/server"
)

// endings are the signals that end a command, each of them cleanly. Of the end of a terminal a server hears nothing, and
// nor does a command that was started by nohup.
func endings(root *cobra.Command, args []string) []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if c, _, err := root.Find(args); err == nil && c.Name() == "serve" || signal.Ignored(syscall.SIGHUP) {
		return all
	}
	return append(all, syscall.SIGHUP)
}

// heeded are the signals that a server heeds beside the one that ends it. It is made before the server, so that none is missed.
type heeded struct {
	hangups, ends chan os.Signal
	done          chan struct{}
}

func heed() *heeded {
	h := &heeded{hangups: make(chan os.Signal, 1), ends: make(chan os.Signal, 2), done: make(chan struct{})}
	signal.Notify(h.hangups, syscall.SIGHUP)
	signal.Notify(h.ends, os.Interrupt, syscall.SIGTERM)
	return h
}

// tell hands the signals to the server until stop is called: the first hangup, and the second time that it is asked to end.
func (h *heeded) tell(s *server.Server) {
	hand := func(from <-chan os.Signal, nth int, to func()) {
		for range nth {
			select {
			case <-from:
			case <-h.done:
				return
			}
		}
		to()
	}
	go hand(h.hangups, 1, s.HungUp)
	go hand(h.ends, 2, s.EndDrain)
}

func (h *heeded) stop() {
	signal.Stop(h.hangups)
	signal.Stop(h.ends)
	close(h.done)
}
