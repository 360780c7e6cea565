package server_test

import (
	"errors"
	"net"
	"path/filepath"
	"testing"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/server"
)

// TestAStartOnATakenAddressPublishesNothing: the listeners come before the first event.
func TestAStartOnATakenAddressPublishesNothing(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	fatal(t, err)
	defer func() { _ = taken.Close() }()
	cfg := config(t)
	cfg.HTTP = taken.Addr().String()
	s, err := server.Open(t.Context(), cfg, server.Options{Hashing: cheap()})
	fatal(t, err)
	if err := s.Run(t.Context(), nil); err == nil {
		t.Error("the server ran on an address that was taken")
	}
	fatal(t, s.Close())
	if !logEmpty(t, cfg) {
		t.Error("the start that failed left events")
	}
}

// TestServableMakesNothing: what is wrong with a configuration is found before a folder is made.
func TestServableMakesNothing(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Dev, cfg.MasterKey = false, filepath.Join(t.TempDir(), "master.key")
	for want, set := range map[error]func(*server.Config){
		server.ErrNoMessages: func(*server.Config) {},
		server.ErrNoController: func(c *server.Config) {
			c.SMTP.Host, c.SMTP.From, c.Controller.Contact = "mail.test", "a@mail.test", ""
		},
	} {
		bad := cfg
		set(&bad)
		if err := bad.Servable(); !errors.Is(err, want) {
			t.Errorf("%v, wanted %v", err, want)
		}
	}
	cfg.Role = server.RoleAPI
	fatal(t, cfg.Servable())
	cfg.MasterKey = ""
	if cfg.Servable() == nil {
		t.Error("without a master key")
	}
}

// logEmpty says whether the log of a stopped ledger holds nothing.
func logEmpty(t *testing.T, cfg server.Config) bool {
	t.Helper()
	log, err := embedded.Open(embedded.Options{Dir: filepath.Join(cfg.Data, "log"), ReserveBytes: -1})
	fatal(t, err)
	defer func() { fatal(t, log.Close()) }()
	head, err := log.Head(t.Context())
	fatal(t, err)
	return head.Position == (eventstore.Position{})
}
