package journal

import (
	"context"
	"errors"
	"slices"

	"accountledger/domain"
	"accountledger/vault"
)

// Opening is a part to open together with others.
type Opening struct {
	at     binding
	sealed *domain.Sealed
	into   any
	// Gone: the part's key is destroyed, which is normal after an erasure.
	Gone bool
}

// ToOpen is the opening of a part of a fact into a value, which stays as it is if the part is missing or gone.
func ToOpen[T any](f domain.Fact, p domain.Part[T], into *T) *Opening {
	return &Opening{at: binding{f.Stream, f.ID, f.Type}, sealed: p.Sealed(), into: into}
}

// OpenAll opens parts with one call to the vault, for just the keys of these parts, and one more for each key that it did not give.
// A part whose key is destroyed is marked as Gone. Errors are those of Open but for ErrUnreadable; what was opened before one stays opened.
func (j *Journal) OpenAll(ctx context.Context, parts ...*Opening) error {
	var names []string
	at := map[string]int{}
	for _, o := range parts {
		if o.sealed == nil {
			continue
		}
		for _, name := range o.sealed.Keys {
			if _, known := at[name]; !known {
				at[name] = len(names)
				names = append(names, name)
			}
		}
	}
	var keys []*vault.Key
	if len(names) > 0 {
		var err error
		if keys, err = j.sealing.keys.Keys(ctx, names...); err != nil {
			return err
		}
	}
	destroyed := map[string]bool{} // of the keys that the vault did not give, those that it was asked about
	for _, o := range parts {
		if o.sealed == nil {
			continue
		}
		own := make([]*vault.Key, len(o.sealed.Keys))
		for i, name := range o.sealed.Keys {
			own[i] = keys[at[name]]
		}
		missing := slices.Index(own, nil)
		if o.Gone = missing >= 0 && destroyed[o.sealed.Keys[missing]]; o.Gone {
			continue
		}
		err := j.sealing.openWith(ctx, o.at, o.sealed, own, o.into)
		if o.Gone = errors.Is(err, ErrUnreadable); err != nil && !o.Gone {
			return err
		}
		if o.Gone {
			destroyed[o.sealed.Keys[missing]] = true
		}
	}
	return nil
}
