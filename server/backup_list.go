package server

import (
	"context"
	"errors"
	"fmt"

	"accountledger/operate/folder"
	"accountledger/replay/backup"
	"accountledger/vault"
)

// openDestructions opens the list of destructions, and has every destruction go through it. The key that lists are signed
// with is made in any case: a backup of today may be restored with a list that is begun tomorrow.
func (s *Server) openDestructions(ctx context.Context) error {
	key, err := backup.Key(ctx, s.vault)
	if err != nil {
		return err
	}
	head, err := s.cfg.headPath(key)
	if err != nil {
		return err
	}
	if s.cfg.Backup.List == "" {
		if exists(head) {
			s.log.Warn("a list of destructions was kept before, and backup.list does not name it: what is destroyed now is not on it", "head", head)
		}
		return nil
	}
	v, ok := s.vault.(vault.Portable)
	if !ok {
		return errors.New("the vault's engine cannot keep a list of destructions")
	}
	existed := exists(s.cfg.Backup.List)
	if s.list, err = backup.OpenList(ctx, s.cfg.Backup.List, head, v, key, s.now); err != nil {
		return fmt.Errorf("backup.list: %w; put back what is missing, or move both %s and %s away to begin another list, which proves nothing for the backups "+
			"before it",
			err, s.cfg.Backup.List, head)
	}
	s.onClose(s.list.Close)
	if existed && s.accepted == "" {
		if err := s.parts().Destructions(ctx, s.cfg.Backup.List, head, key); err != nil {
			return err
		}
	}
	keeper := backup.Keep(v, s.list)
	keeper.Refused = backup.LogRefusals(s.log, s.list)
	s.vault = keeper
	return s.openJournal()
}

// headPath is where the head of a list lies.
func (c *Config) headPath(key *vault.Key) (string, error) {
	files, err := keyFiles(c)
	if err != nil {
		return "", err
	}
	return backup.HeadPath(files.Path, key), nil
}

// listInside says whether the list of destructions would lie where it goes with the ledger.
func (c *Config) listInside() bool {
	if c.Backup.List == "" {
		return false
	}
	inside, err := folder.Within(c.Data, c.Backup.List)
	return err != nil || inside
}
