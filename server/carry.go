package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/prometheus/client_golang/prometheus"

	"accountledger/eventstore"
	"accountledger/internal/durable"
	"accountledger/operate"
	"accountledger/replay/carry"
	"accountledger/vault"
)

// carryingMark is a file in the data folder of a ledger that is being carried there and is not yet whole.
const carryingMark = "carrying"

// MoveOptions are what a program or a test decides of a command that carries a ledger, rather than an operator.
type MoveOptions struct {
	// LogTo takes the logs; nil: nowhere.
	LogTo io.Writer
	// Progress is told how far the command is; nil: nobody.
	Progress func(operate.Progress)
	// FenceWait is how long a fence waits for writers of other processes, where the engine has any; 0 is the engine's own.
	// Only tests have reason to wait less.
	FenceWait time.Duration
}

// ErrCarrying: the ledger in the folder is not whole yet.
var ErrCarrying = errors.New("this data folder is the target of a move or import that has not come to its end: run that command again, or delete the folder")

// ErrMustStop: a server has the folder whose log or vault only one process can open.
var ErrMustStop = errors.New("a server is running on the source: stop it first, since its log or vault can be opened by one process only")

// notCarrying refuses a folder whose ledger is not whole.
func notCarrying(c *Config) error {
	if exists(c.path(carryingMark)) {
		return ErrCarrying
	}
	b, err := os.ReadFile(c.path(restoringMark))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var m restoreMark
	if err == nil && json.Unmarshal(b, &m) == nil && m.Accept != "" {
		return fmt.Errorf("%w: it was begun with --accept %s", ErrAccepting, m.Accept)
	}
	return errors.Join(ErrRestoring, err)
}

// ErrAccepting: what an operator accepted has not come to its end.
var ErrAccepting = errors.New("this data folder is to go on from an earlier state, and that has not come to its end: run serve with the same --accept and " +
	"--reason again")

// openSide opens log and vault of a configuration and nothing else: no commands, consumers or listeners. It is
// closed as any Server.
func openSide(ctx context.Context, cfg Config, o MoveOptions, folder bool) (_ *Server, err error) {
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
	if folder {
		f, err := holdFolder(&s.cfg)
		if err != nil {
			return nil, err
		}
		s.onClose(f.close)
	}
	if err := s.openLog(ctx); err != nil {
		return nil, err
	}
	return s, s.openVault(ctx)
}

// side is the server's log and vault.
func (s *Server) side() (carry.Side, error) {
	v, ok := s.vault.(vault.Carrier)
	if !ok {
		return carry.Side{}, errors.New("the vault's engine cannot be carried")
	}
	return carry.Side{Log: s.store, Vault: v}, nil
}

// sharedEngines says whether log and vault of a configuration can be opened while a server has them.
func (c *Config) sharedEngines() bool {
	return c.Store.Engine == "esdb" && c.Vault.Engine == "postgres"
}

// mark makes or removes a file that means something by being there, durably.
func mark(path string, there bool) error {
	if there {
		return durable.ReplaceBytes(path, nil)
	}
	return errors.Join(durable.Remove(path), durable.SyncFolder(filepath.Dir(path)))
}

// fence tells operators why the log takes no appends for good; "" when it does.
func (s *Server) fence(ctx context.Context) string {
	f, ok := s.store.(eventstore.Fencer)
	if !ok {
		return ""
	}
	stands, err := f.Fenced(ctx)
	switch {
	case err != nil: // the log cannot be reached, which is said elsewhere
		return ""
	case stands.Reason == eventstore.FenceMove:
		return "it moves, or has moved, to log " + stands.Target.String()
	case stands.Reason == eventstore.FenceArchive:
		return "it is an archive, imported without its vault: it can be read, and nobody can sign in"
	}
	return ""
}
