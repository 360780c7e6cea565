package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/vault"
)

// KeysDestroyed says that a master key is no more.
type KeysDestroyed struct {
	Key string `json:"key"`
	// Force passes over that backups made under it may still be kept: they can never be restored then.
	Force bool `json:"force,omitzero"`
}

// KeysDestroyed records that the operator destroyed a master key and every copy of it. Every process lets it go; erasures
// that waited for it are final. It is refused while something is wrapped under it, while its file is still there, and,
// without Force, before the last backup made under it has expired.
func (o operator) KeysDestroyed(ctx context.Context, in KeysDestroyed) (MasterKey, error) {
	id, err := uuid.Parse(in.Key)
	if err != nil {
		return MasterKey{}, errNoSuchKey
	}
	if err := o.checkDestroyed(ctx, id, in.Force); err != nil {
		return MasterKey{}, err
	}
	if _, err := o.record(ctx, domain.OpKeysDestroyed); err != nil {
		return MasterKey{}, err
	}
	switch err := o.masters.MasterDestroyed(ctx, id); {
	case errors.Is(err, vault.ErrInUse):
		return MasterKey{}, errKeyInUse
	case err != nil:
		return MasterKey{}, err
	}
	return o.oneMasterKey(ctx, id)
}

var (
	errNoSuchKey = &domain.Error{Kind: domain.NotFound, Code: "key_unknown", Message: "The vault was never under a master key of that id. keys list shows them."}
	errKeyInUse  = &domain.Error{Kind: domain.Conflict, Code: "key_in_use", Message: "Keys and secrets are still wrapped under that master key. Run keys rotate first."}
)

func (s *Server) checkDestroyed(ctx context.Context, id uuid.UUID, force bool) error {
	k, err := s.oneMasterKey(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case k.State == KeyNew:
		return errNoSuchKey
	case k.State == KeyCurrent || k.State == KeyInUse:
		return errKeyInUse
	case len(k.Files) > 0:
		return &domain.Error{Kind: domain.Conflict, Code: "key_file_there", Message: fmt.Sprintf("It is still there, in %s. Destroy that file and every copy of it first.", k.Files[0])}
	case k.State == KeyKept && !force:
		return &domain.Error{Kind: domain.Conflict, Code: "key_kept", Message: fmt.Sprintf(
			"Backups made under it are kept until %s and could not be restored any more. If there are none, or you give them up, use --force.", k.Destroyable.Format(time.RFC3339))}
	}
	return nil
}

func (s *Server) oneMasterKey(ctx context.Context, id uuid.UUID) (MasterKey, error) {
	keys, err := s.masterKeys(ctx)
	if err != nil {
		return MasterKey{}, err
	}
	for _, k := range keys {
		if k.ID == id.String() {
			return k, nil
		}
	}
	return MasterKey{}, errNoSuchKey
}
