package operate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/vault"
)

// KeysDestroyed names a master key that was destroyed.
type KeysDestroyed struct {
	Key string `json:"key"`
	// Force records it although backups made under it may still be kept; they can never be restored then.
	Force bool `json:"force,omitzero"`
}

// RecordDestroyedKey records that the operator destroyed a master key and every copy of it. Every process drops it; erasures
// that waited for it are final. It is refused while something is wrapped under it, while its file is still there, and,
// without Force, before the last backup made under it has expired.
var RecordDestroyedKey = &Operation[KeysDestroyed, MasterKey]{
	Info: Info{Name: "keys-destroyed", Records: RecordedFirst, As: domain.OpKeysDestroyed},
	check: func(ctx context.Context, l *Ledger, in KeysDestroyed) error {
		id, err := uuid.Parse(in.Key)
		if err != nil {
			return errNoSuchKey
		}
		return l.checkDestroyed(ctx, id, in.Force)
	},
	do: recordDestroyedKey,
}

func recordDestroyedKey(ctx context.Context, o *call, in KeysDestroyed) (MasterKey, error) {
	id, err := uuid.Parse(in.Key)
	if err != nil {
		return MasterKey{}, errNoSuchKey
	}
	switch err := o.Masters.MasterDestroyed(ctx, id); {
	case errors.Is(err, vault.ErrInUse):
		return MasterKey{}, errKeyInUse
	case err != nil:
		return MasterKey{}, err
	}
	return o.oneMasterKey(ctx, id)
}

var (
	errNoSuchKey = &domain.Error{Kind: domain.NotFound, Code: "key_unknown", Message: "The vault was never under a master key of that id. keys list shows them."}
	errKeyInUse  = &domain.Error{Kind: domain.Conflict, Code: "key_in_use",
		Message: "Keys and secrets are still wrapped under that master key. Run keys rotate first."}
)

func (l *Ledger) checkDestroyed(ctx context.Context, id uuid.UUID, force bool) error {
	k, err := l.oneMasterKey(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case k.State == KeyNew:
		return errNoSuchKey
	case k.State == KeyCurrent || k.State == KeyInUse:
		return errKeyInUse
	case len(k.Files) > 0:
		return &domain.Error{Kind: domain.Conflict, Code: "key_file_there",
			Message: fmt.Sprintf("It is still there, in %s. Destroy that file and every copy of it first.", k.Files[0])}
	case k.State == KeyKept && !force:
		return &domain.Error{Kind: domain.Conflict, Code: "key_kept", Message: fmt.Sprintf(
			"Backups made under it are kept until %s and could not be restored any more. If there are none, or you give them up, use --force.",
			k.Destroyable.Format(time.RFC3339))}
	}
	return nil
}

func (l *Ledger) oneMasterKey(ctx context.Context, id uuid.UUID) (MasterKey, error) {
	keys, err := l.masterKeys(ctx)
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
