package operate

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
	KeyInUse       = "in_use"      // some still are: a rotation is not finished
	KeyKept        = "kept"        // nothing is, but backups made under it may be
	KeyDestroyable = "destroyable" // no backup needs it any more
	KeyDestroyed   = "destroyed"   // recorded as destroyed
)

// MasterKey is what operators see of one master key. Times are UTC, missing for what is not known or has not happened.
type MasterKey struct {
	ID    string `json:"id"`
	State string `json:"state"`
	// Held: the process that answers holds it, from Files.
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

// ListKeys lists every master key that the vault was ever wrapped under, the oldest first. It counts what is wrapped under each, which
// takes a while in a large vault.
var ListKeys = &Operation[None, []MasterKey]{
	Info: Info{Name: "keys-list", Records: RecordedFirst, As: domain.OpKeysList},
	do:   listKeys,
}

func listKeys(ctx context.Context, o *call, _ None) ([]MasterKey, error) {
	keys, err := o.masterKeys(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := o.Masters.RowsUnder(ctx)
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

// KeysInUse are the master keys that are not destroyed, for the status.
func (l *Ledger) KeysInUse(ctx context.Context) ([]MasterKey, error) {
	keys, err := l.masterKeys(ctx)
	return slices.DeleteFunc(keys, func(k MasterKey) bool { return k.State == KeyDestroyed }), err
}

// masterKeys lists every master key that the vault was ever under, the oldest first, and of those held for later.
func (l *Ledger) masterKeys(ctx context.Context) ([]MasterKey, error) {
	states, err := l.Masters.Masters(ctx)
	if err != nil {
		return nil, err
	}
	known := map[uuid.UUID]bool{}
	var keys []MasterKey
	for _, m := range states {
		known[m.ID] = true
		keys = append(keys, l.masterKeyOf(m))
	}
	for _, m := range l.Keyring.All() {
		if !known[m.ID] {
			keys = append(keys, MasterKey{ID: m.ID.String(), State: KeyNew, Held: true, Files: l.Keyring.FilesOf(m.ID), Made: m.MadeAt})
		}
	}
	return keys, nil
}

func (l *Ledger) masterKeyOf(m vault.MasterState) MasterKey {
	k := MasterKey{ID: m.ID.String(), Held: l.Keyring.Get(m.ID) != nil, Files: l.Keyring.FilesOf(m.ID),
		Made: m.MadeAt, Began: m.BeganAt, Destroyed: m.DestroyedAt}
	switch {
	case !m.DestroyedAt.IsZero():
		k.State, k.Ended = KeyDestroyed, m.EndedAt
	case m.Current:
		k.State = KeyCurrent // it may have been out of use before
	case m.InUse():
		k.State = KeyInUse
	default:
		k.State, k.Ended, k.Destroyable = KeyKept, m.EndedAt, m.EndedAt.Add(l.Keep)
		if !l.Now().Before(k.Destroyable) && !l.Clock().Waits {
			k.State = KeyDestroyable
		}
	}
	return k
}
