package server

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
	Rows int64  `json:"rows"` // wrapped anew by this call
	// Damaged rows do not open and were left; the master key that they name stays in use.
	Damaged int64       `json:"damaged,omitzero"`
	Keys    []MasterKey `json:"keys"`
}

// KeysRotate wraps everything in the vault under a new master key while work goes on. Ended early, it goes on where it
// was when it is asked for again.
func (o operator) KeysRotate(ctx context.Context, in KeysRotate, progress func(Progress)) (KeysRotated, error) {
	if in.To != "" {
		if err := o.checkTarget(in.To); err != nil {
			return KeysRotated{}, err
		}
	}
	if _, err := o.record(ctx, domain.OpKeysRotate); err != nil {
		return KeysRotated{}, err
	}
	to, err := o.target(ctx, in.To)
	if err != nil {
		return KeysRotated{}, err
	}
	var last vault.RotationProgress
	err = o.rotateWhenHeld(ctx, to, func(p vault.RotationProgress) {
		last = p
		progress(Progress{View: "wrapping anew", Done: p.Done + p.Damaged, Total: p.Total, Unit: "rows"})
	})
	if err != nil && (last.Damaged == 0 || !errors.Is(err, vault.ErrCorrupt)) {
		return KeysRotated{}, o.explainRotation(to, err)
	}
	out := KeysRotated{Key: to.ID.String(), Rows: last.Done, Damaged: last.Damaged}
	if files := o.keyring.FilesOf(to.ID); len(files) > 0 {
		out.File = files[0]
	}
	out.Keys, err = o.masterKeys(ctx)
	return out, err
}

// checkTarget refuses a file that would not be found after a restart, or lies where it must not.
func (s *Server) checkTarget(path string) error {
	if !filepath.IsAbs(path) {
		return &domain.Error{Kind: domain.Invalid, Code: "key_file", Message: "Name the new master key's file by its whole path."}
	}
	if err := outside(&s.cfg, path); err != nil {
		return &domain.Error{Kind: domain.Invalid, Code: "key_file", Message: "The new master key must lie outside the data folder: whoever copies the folder must not have it."}
	}
	if files := s.keyring.Files(); !files.Covers(path) {
		return &domain.Error{Kind: domain.Invalid, Code: "key_file", Message: fmt.Sprintf(
			"The configuration does not read that file, so a restart would not find the key. Name one like %s, or add the file to master_key_older first.", files.Next(s.now()))}
	}
	return nil
}

// target is the master key to rotate to: the one named, else that of a rotation which has not come to its end, else
// one that was made for the next rotation, else a new one.
func (s *Server) target(ctx context.Context, path string) (*vault.MasterKey, error) {
	if path != "" {
		return s.keyIn(path)
	}
	states, err := s.masters.Masters(ctx)
	if err != nil {
		return nil, err
	}
	var current *vault.MasterKey
	unfinished, known := false, map[uuid.UUID]bool{}
	for _, m := range states {
		known[m.ID] = true
		unfinished = unfinished || !m.Current && m.InUse()
		if m.Current {
			current = s.keyring.Find(m.ID)
		}
	}
	if unfinished && current != nil {
		return current, nil
	}
	_ = s.keyring.Refresh() // what cannot be used is not rotated to
	for _, m := range s.keyring.All() {
		if !known[m.ID] && (current == nil || !m.MadeAt.Before(current.MadeAt)) {
			return m, nil
		}
	}
	return s.keyIn(s.keyring.Files().Next(s.now()))
}

// keyIn gives the master key in a file, made if there is none.
func (s *Server) keyIn(path string) (*vault.MasterKey, error) {
	m, err := vault.LoadMasterKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		m, err = vault.CreateMasterKey(path)
	}
	return m, err
}

// rotateWhenHeld rotates as soon as every process holds the key.
func (s *Server) rotateWhenHeld(ctx context.Context, to *vault.MasterKey, progress func(vault.RotationProgress)) error {
	ticker := time.NewTicker(askHeldEvery)
	defer ticker.Stop()
	patience := time.NewTimer(heldPatience)
	defer patience.Stop()
	for {
		err := s.masters.Rotate(ctx, to, progress)
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
func (s *Server) explainRotation(to *vault.MasterKey, err error) error {
	refusal := func(code, message string) error {
		return &domain.Error{Kind: domain.Conflict, Code: code, Message: message, Cause: err}
	}
	switch {
	case errors.Is(err, vault.ErrNotHeld):
		return refusal("key_not_held", fmt.Sprintf("Nothing was changed: another process that has the vault open does not find the new master key. "+
			"Put %s where the configuration of each of them reads it, and run this again.", firstOr(s.keyring.FilesOf(to.ID), to.ID.String())))
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
