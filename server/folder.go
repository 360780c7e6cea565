package server

import (
	"context"
	"errors"
	"os"

	"accountledger/operate"
	"accountledger/operate/folder"
	"accountledger/replay/unfinished"
)

func (s *Server) openFolder(context.Context) error {
	f, err := folder.Hold(s.cfg.Data)
	if err != nil {
		return err
	}
	s.onClose(f.Close)
	if mode, err := folder.OthersMay(s.cfg.Data); err != nil {
		return err
	} else if mode != 0 {
		s.log.Warn("other users can access the data folder: run chmod 700 on it", "folder", s.cfg.Data, "mode", mode.String())
	}
	if err := unfinished.Refuse(s.cfg.Data); err != nil {
		return err
	}
	s.tidy()
	return nil
}

// tidy removes what commands and servers that were killed left in the data folder, which this process holds. What cannot be
// removed stays, and the log says so: it is in nobody's way.
func (s *Server) tidy() {
	removed, err := folder.RemoveLeftovers(s.cfg.Data, operate.CompareFolder)
	if err != nil {
		s.log.Warn("what was left half done in the data folder cannot be removed", "error", err.Error())
	}
	if removed > 0 {
		s.log.Info("what was left half done in the data folder was removed", "entries", removed)
	}
}

// undoFile has a file go as well, which this start made elsewhere.
func (s *Server) undoFile(path string) {
	if before := s.undo; before != nil {
		s.undo = func() error {
			err := os.Remove(path)
			if errors.Is(err, os.ErrNotExist) { // it went with the folder
				err = nil
			}
			return errors.Join(err, before())
		}
	}
}

// exists says whether there is something at a path.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// OutsideLedgers refuses a path in a data folder, the configured one or any that holds a ledger: folder.ErrInLedger.
func OutsideLedgers(c *Config, path string) error { return folder.Outside(c.Data, path) }
