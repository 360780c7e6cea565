package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"accountledger/replay/backup"
	"accountledger/vault"
)

// openDestructions opens the list of destructions, and has every destruction go through it. The key that lists are signed
// with is made in any case: a backup of today may be restored with a list that is begun tomorrow.
func (s *Server) openDestructions(ctx context.Context) error {
	key, err := s.listKey(ctx)
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
	v, ok := s.vault.(vault.Carrier)
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
	if err := s.checkListed(ctx, key, head, existed); err != nil {
		return err
	}
	keeper := backup.Keep(v, s.list)
	keeper.Refused = s.refused(&listFaults{})
	s.vault = keeper
	return s.openJournal()
}

// checkListed compares the list with what the vault knew of it: a list that is older than the vault would not destroy again, after a
// restore, what was destroyed since; and a vault that is older than the list has keys again that were destroyed.
func (s *Server) checkListed(ctx context.Context, key *vault.Key, head string, existed bool) error {
	b, err := s.binder.Binding(ctx)
	if err != nil || !existed || s.accepted != "" || b.Log == uuid.Nil {
		return err
	}
	proof := backup.Proof{Head: head}
	if b.List.Entries > 0 {
		proof.Backup = &backup.Mark{Entries: b.List.Entries, Hash: b.List.Hash}
	}
	var behind []backup.Destroyed
	entries := int64(0)
	_, err = backup.ReadList(s.cfg.Backup.List, key, proof, func(d backup.Destroyed) error {
		if entries++; entries > b.List.Entries {
			behind = append(behind, d)
		}
		return nil
	})
	if errors.Is(err, backup.ErrListShortened) || errors.Is(err, backup.ErrListAltered) {
		return &RefusedError{What: fmt.Sprintf("the list of destructions %s is older than the vault, or another's", s.cfg.Backup.List), err: err,
			Next: fmt.Sprintf("Put the newest list and its head back, or move both it and %s away to begin another list, which proves nothing for the backups before it",
				head)}
	}
	if err != nil || len(behind) == 0 {
		return err
	}
	for _, d := range behind[:len(behind)-1] { // a crash may have come between the last entry and what it tells of
		for _, name := range d.Keys {
			if _, err := s.vault.Key(ctx, name); err == nil {
				return olderLog(fmt.Sprintf("the ledger is older than its list of destructions %s, which tells that %q was destroyed", s.cfg.Backup.List, name), nil)
			}
		}
		for _, name := range d.Secrets {
			if _, err := s.vault.Secret(ctx, name); err == nil {
				return olderLog(fmt.Sprintf("the ledger is older than its list of destructions %s, which tells that a secret was destroyed that the vault has",
					s.cfg.Backup.List), nil)
			}
		}
	}
	return nil
}

func (s *Server) listKey(ctx context.Context) (*vault.Key, error) {
	key, err := s.vault.Key(ctx, backup.KeyName)
	if err == nil {
		return key, nil
	}
	if !errors.Is(err, vault.ErrNotFound) {
		return nil, fmt.Errorf("the key of the list of destructions: %w", err)
	}
	keys, err := s.vault.CreateKeys(ctx, backup.KeyName)
	if err != nil {
		return nil, fmt.Errorf("the key of the list of destructions: %w", err)
	}
	return keys[0], nil
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
	inside, err := within(c.Data, c.Backup.List)
	return err != nil || inside
}
