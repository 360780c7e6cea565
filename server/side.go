package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"accountledger/commands"
	"accountledger/operate"
	"accountledger/operate/folder"
	"accountledger/vault"
)

// SideOptions are what a program or a test decides of a command that moves or makes a ledger, rather than an operator.
type SideOptions struct {
	// LogTo takes the logs; nil: nowhere.
	LogTo io.Writer
	// Progress is told how far the command is; nil: nobody.
	Progress func(operate.Progress)
	// FenceWait is how long a fence waits for writers of other processes, where the engine has any; 0 is the engine's own.
	// Only tests have reason to wait less.
	FenceWait time.Duration
}

// openSide opens log and vault of a configuration and nothing else: no commands, consumers or listeners. hold keeps other processes from
// the data folder. It is closed as any Server.
func openSide(ctx context.Context, cfg Config, o SideOptions, hold bool) (_ *Server, err error) {
	if o.LogTo == nil {
		o.LogTo = io.Discard
	}
	if cfg.Data, err = filepath.Abs(cfg.Data); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	s := &Server{cfg: cfg, now: time.Now, log: logger(cfg.Log, o.LogTo), metrics: prometheus.NewRegistry(), fenceWait: o.FenceWait}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if hold {
		f, err := folder.Hold(s.cfg.Data)
		if err != nil {
			return nil, err
		}
		s.onClose(f.Close)
	}
	if err := s.openLog(ctx); err != nil {
		return nil, err
	}
	return s, s.openVault(ctx)
}

// portable is the server's vault.
func (s *Server) portable() (vault.Portable, error) {
	v, ok := s.vault.(vault.Portable)
	if !ok {
		return nil, errors.New("the vault's engine cannot be moved or restored")
	}
	return v, nil
}

// openMenu opens the commands once.
func (s *Server) openMenu(ctx context.Context) (*commands.Menu, error) {
	if s.menu == nil {
		if err := s.openCommands(ctx, Options{}); err != nil {
			return nil, err
		}
	}
	return s.menu, nil
}

// sharedEngines says whether log and vault of a configuration can be opened while a server has them.
func (c *Config) sharedEngines() bool {
	return c.Store.Engine == "esdb" && c.Vault.Engine == "postgres"
}
