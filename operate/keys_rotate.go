package operate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/vault"
)

const (
	// heldPatience is for how long the other processes are given to find a new master key in their files, and
	// askHeldEvery how often they are asked.
	heldPatience = 5 * time.Second
	askHeldEvery = 250 * time.Millisecond
)

// KeysRotate is a rotation of the master key.
type KeysRotate struct {
	// To is the absolute path of the new master key's file, made if it is not there; empty: beside the current one's.
	To string `json:"to,omitzero"`
}

// KeysRotated is what a rotation did.
type KeysRotated struct {
	Key  string `json:"key"`  // the id of the master key that everything is wrapped under now
	File string `json:"file"` // its file
	Rows int64  `json:"rows"` // rewrapped by this call
	// Damaged rows do not open and were left as they are; the master key that they name stays in use.
	Damaged int64       `json:"damaged,omitzero"`
	Keys    []MasterKey `json:"keys"`
}

// RotateKeys rewraps everything in the vault under a new master key while work goes on. If it ends early, the next call continues
// where it was.
var RotateKeys = &Operation[KeysRotate, KeysRotated]{
	Info: Info{Name: "keys-rotate", Progress: true, Records: RecordedFirst, As: domain.OpKeysRotate},
	check: func(_ context.Context, l *Ledger, in KeysRotate) error {
		if in.To == "" {
			return nil
		}
		return l.checkTarget(in.To)
	},
	do: rotateKeys,
}

func rotateKeys(ctx context.Context, o *call, in KeysRotate) (KeysRotated, error) {
	to, err := o.target(ctx, in.To)
	if err != nil {
		return KeysRotated{}, err
	}
	var last vault.RotationProgress
	err = o.rotateWhenHeld(ctx, to, func(p vault.RotationProgress) {
		last = p
		o.progress(Progress{View: "rewrapping", Done: p.Done + p.Damaged, Total: p.Total, Unit: "rows"})
	})
	if err != nil && (last.Damaged == 0 || !errors.Is(err, vault.ErrCorrupt)) {
		return KeysRotated{}, o.explainRotation(to, err)
	}
	out := KeysRotated{Key: to.ID.String(), Rows: last.Done, Damaged: last.Damaged}
	if files := o.Keyring.FilesOf(to.ID); len(files) > 0 {
		out.File = files[0]
	}
	out.Keys, err = o.masterKeys(ctx)
	return out, err
}

// checkTarget refuses a file that would not be found after a restart, or lies where it must not.
func (l *Ledger) checkTarget(path string) error {
	if !filepath.IsAbs(path) {
		return &domain.Error{Kind: domain.Invalid, Code: "key_file", Message: "Name the new master key's file by its whole path."}
	}
	if err := l.KeyOutside(path); err != nil {
		return &domain.Error{Kind: domain.Invalid, Code: "key_file",
			Message: "The new master key must lie outside the data folder: anyone who copies the folder must not have it."}
	}
	if files := l.Keyring.Files(); !files.Covers(path) {
		return &domain.Error{Kind: domain.Invalid, Code: "key_file", Message: fmt.Sprintf(
			"The configuration does not read that file, so a restart would not find the key. Name one like %s, or add the file to master_key_older first.",
			files.Next(l.Now()))}
	}
	return nil
}

// target is the master key to rotate to: the one named, else that of an unfinished rotation, else
// one that was made for the next rotation, else a new one.
func (l *Ledger) target(ctx context.Context, path string) (*vault.MasterKey, error) {
	if path != "" {
		return keyIn(path)
	}
	states, err := l.Masters.Masters(ctx)
	if err != nil {
		return nil, err
	}
	var current *vault.MasterKey
	unfinished, known := false, map[uuid.UUID]bool{}
	for _, m := range states {
		known[m.ID] = true
		unfinished = unfinished || !m.Current && m.InUse()
		if m.Current {
			current = l.Keyring.Find(m.ID)
		}
	}
	if unfinished && current != nil {
		return current, nil
	}
	_ = l.Keyring.Refresh() // what cannot be used is not rotated to
	for _, m := range l.Keyring.All() {
		if !known[m.ID] && (current == nil || !m.MadeAt.Before(current.MadeAt)) {
			return m, nil
		}
	}
	return keyIn(l.Keyring.Files().Next(l.Now()))
}

// keyIn gives the master key in a file, made if there is none.
func keyIn(path string) (*vault.MasterKey, error) {
	m, err := vault.LoadMasterKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		m, err = vault.CreateMasterKey(path)
	}
	return m, err
}

// rotateWhenHeld rotates as soon as every process holds the key.
func (l *Ledger) rotateWhenHeld(ctx context.Context, to *vault.MasterKey, progress func(vault.RotationProgress)) error {
	ticker := time.NewTicker(askHeldEvery)
	defer ticker.Stop()
	patience := time.NewTimer(heldPatience)
	defer patience.Stop()
	for {
		err := l.Masters.Rotate(ctx, to, progress)
		if !errors.Is(err, vault.ErrNotHeld) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-patience.C:
			return err
		case <-ticker.C:
		}
	}
}

// explainRotation says what an operator can do.
func (l *Ledger) explainRotation(to *vault.MasterKey, err error) error {
	refusal := func(code, message string) error {
		return &domain.Error{Kind: domain.Conflict, Code: code, Message: message, Cause: err}
	}
	switch {
	case errors.Is(err, vault.ErrNotHeld):
		return refusal("key_not_held", fmt.Sprintf("Nothing was changed: another process that has the vault open does not find the new master key. "+
			"Put %s where the configuration of each of them reads it, and run this again.", firstOr(l.Keyring.FilesOf(to.ID), to.ID.String())))
	case errors.Is(err, vault.ErrRotating):
		return refusal("keys_rotating", "Another rotation is under way.")
	case errors.Is(err, vault.ErrMasterKey):
		return refusal("key_unusable", "A master key is missing, or the new one is recorded as destroyed: keys list tells.")
	}
	return err
}

func firstOr(all []string, otherwise string) string {
	return slices.Concat(all, []string{otherwise})[0]
}
