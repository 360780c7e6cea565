package backup

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"accountledger/vault"
)

// Keeper is a vault that puts every destruction on a list before it carries it out: everything acknowledged as
// destroyed is on the list. What is on the list but was not carried out because of a crash is carried out when the call is repeated.
// If the list cannot be written nothing is destroyed: vault.ErrUnavailable.
type Keeper struct {
	vault.Portable
	list *List
	// Refused is called with the reason when a destruction is refused; it may be nil. Calls may be concurrent.
	Refused func(error)
}

// Keep returns a keeper for a vault.
func Keep(v vault.Portable, l *List) *Keeper { return &Keeper{Portable: v, list: l} }

// passing reports whether a name belongs to a sign-up under way.
func passing(name string) bool {
	return strings.HasPrefix(name, "signup/") || strings.HasPrefix(name, "password/signup/")
}

// DestroyKeys implements vault.Vault.
func (k *Keeper) DestroyKeys(ctx context.Context, names ...string) error {
	fresh, err := unlisted(names, func(name string) error {
		_, err := k.Key(ctx, name)
		return err
	})
	if err == nil {
		err = k.add(ctx, Destroyed{Keys: fresh})
	}
	if err != nil {
		return err
	}
	return k.Portable.DestroyKeys(ctx, names...)
}

// DestroySecrets implements vault.Vault.
func (k *Keeper) DestroySecrets(ctx context.Context, names ...string) error {
	fresh, err := unlisted(names, func(name string) error {
		_, err := k.Secret(ctx, name)
		return err
	})
	if err == nil {
		err = k.add(ctx, Destroyed{Secrets: fresh})
	}
	if err != nil {
		return err
	}
	return k.Portable.DestroySecrets(ctx, names...)
}

// DeleteIdentifier implements vault.Vault.
func (k *Keeper) DeleteIdentifier(ctx context.Context, claim uuid.UUID) error {
	if err := k.add(ctx, Destroyed{Claims: []uuid.UUID{claim}}); err != nil {
		return err
	}
	return k.Portable.DeleteIdentifier(ctx, claim)
}

func (k *Keeper) add(ctx context.Context, d Destroyed) error {
	if err := k.list.Add(ctx, d); err != nil {
		if k.Refused != nil {
			k.Refused(err)
		}
		return fmt.Errorf("%w: %w", vault.ErrUnavailable, err)
	}
	return nil
}

// unlisted are the names still to be put on the list: what is already destroyed is on it.
func unlisted(names []string, look func(string) error) (fresh []string, err error) {
	for _, name := range names {
		if passing(name) {
			continue
		}
		switch err := look(name); {
		case errors.Is(err, vault.ErrDestroyed):
		case err == nil, errors.Is(err, vault.ErrNotFound), errors.Is(err, vault.ErrCorrupt), errors.Is(err, vault.ErrMasterKey):
			fresh = append(fresh, name)
		default:
			return nil, err
		}
	}
	return fresh, nil
}
