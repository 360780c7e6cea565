package server

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/vault"
)

// States of a master key.
const (
	KeyNew         = "new"         // held, and the vault was never under it
	KeyCurrent     = "current"     // new keys and secrets are wrapped under it
	KeyInUse       = "in_use"      // some still are: a rotation has not come to its end
	KeyKept        = "kept"        // nothing is, but backups made under it may be
	KeyDestroyable = "destroyable" // no backup needs it any more
	KeyDestroyed   = "destroyed"   // recorded as destroyed
)

// MasterKey is what operators are told of one master key. Times are UTC, missing for what is not known or has not happened.
type MasterKey struct {
	ID    string `json:"id"`
	State string `json:"state"`
	// Held says that the process which answers holds it, from Files.
	Held  bool     `json:"held"`
	Files []string `json:"files,omitzero"`
	// Rows is how many keys, secrets and identifiers are wrapped under it; nil where they were not counted.
	Rows      *int64    `json:"rows,omitzero"`
	Made      time.Time `json:"made_at,omitzero"`
	Began     time.Time `json:"began_at,omitzero"` // when it became the current one
	Ended     time.Time `json:"ended_at,omitzero"` // since when nothing is wrapped under it
	Destroyed time.Time `json:"destroyed_at,omitzero"`
	// Destroyable is when the last backup made under it expires, by the setting backup.keep. From then on its file may be destroyed.
	Destroyable time.Time `json:"destroyable_at,omitzero"`
}

// KeysList counts what is wrapped under each master key, which takes a while in a large vault.
func (o operator) KeysList(ctx context.Context) ([]MasterKey, error) {
	if _, err := o.record(ctx, domain.OpKeysList); err != nil {
		return nil, err
	}
	keys, err := o.masterKeys(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := o.masters.RowsUnder(ctx)
	if err != nil {
		return nil, err
	}
	for i := range keys {
		id, err := uuid.Parse(keys[i].ID)
		if err != nil {
			return nil, err
		}
		n := rows[id]
		keys[i].Rows = &n
	}
	return keys, nil
}

// keysInUse are the master keys that are not destroyed, for the status.
func (s *Server) keysInUse(ctx context.Context) ([]MasterKey, error) {
	keys, err := s.masterKeys(ctx)
	return slices.DeleteFunc(keys, func(k MasterKey) bool { return k.State == KeyDestroyed }), err
}

// masterKeys tells of every master key that the vault was ever under, the oldest first, and of those held for later.
func (s *Server) masterKeys(ctx context.Context) ([]MasterKey, error) {
	states, err := s.masters.Masters(ctx)
	if err != nil {
		return nil, err
	}
	known := map[uuid.UUID]bool{}
	var keys []MasterKey
	for _, m := range states {
		known[m.ID] = true
		keys = append(keys, s.masterKeyOf(m))
	}
	for _, m := range s.keyring.All() {
		if !known[m.ID] {
			keys = append(keys, MasterKey{ID: m.ID.String(), State: KeyNew, Held: true, Files: s.keyring.FilesOf(m.ID), Made: m.MadeAt})
		}
	}
	return keys, nil
}

func (s *Server) masterKeyOf(m vault.MasterState) MasterKey {
	k := MasterKey{ID: m.ID.String(), Held: s.keyring.Get(m.ID) != nil, Files: s.keyring.FilesOf(m.ID),
		Made: m.MadeAt, Began: m.BeganAt, Destroyed: m.DestroyedAt}
	switch {
	case !m.DestroyedAt.IsZero():
		k.State, k.Ended = KeyDestroyed, m.EndedAt
	case m.Current:
		k.State = KeyCurrent // it may have been out of use before
	case m.InUse():
		k.State = KeyInUse
	default:
		k.State, k.Ended, k.Destroyable = KeyKept, m.EndedAt, m.EndedAt.Add(s.cfg.Backup.Keep)
		if !s.now().Before(k.Destroyable) && !s.clockStatus().Waits {
			k.State = KeyDestroyable
		}
	}
	return k
}
