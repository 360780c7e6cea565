package sqlite

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"accountledger/vault"
)

// keysAtOnce is how many keys one statement fetches.
const keysAtOnce = 128

// CreateKeys implements vault.Vault.
func (v *Vault) CreateKeys(ctx context.Context, names ...string) ([]*vault.Key, error) {
	if err := check(ctx, names); err != nil {
		return nil, err
	}
	keys, missing := v.cached(names)
	if missing == 0 {
		return keys, nil
	}
	made := make(map[string]*candidate, missing)
	for i, name := range names {
		if keys[i] != nil || made[name] != nil {
			continue
		}
		c, err := v.newCandidate(name)
		if err != nil {
			return nil, err
		}
		made[name] = c
	}
	// Every name is checked again, even cached ones: all are returned or none.
	all := slices.Clone(names)
	err := v.write(&request{
		ctx: ctx,
		apply: func(ctx context.Context, w *writer) error {
			return w.createKeys(ctx, all, made)
		},
		done: func() {
			for _, c := range made {
				v.cache.Put(c.key, v.cache.Ticket(c.key.Name))
			}
		},
	})
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		if c := made[name]; c != nil {
			keys[i] = c.key
		}
	}
	return keys, nil
}

// candidate is a key to be stored if there is none; otherwise the writer puts the stored one
// in its place.
type candidate struct {
	key     *vault.Key
	master  *vault.MasterKey
	wrapped []byte
}

func (v *Vault) newCandidate(name string) (*candidate, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return nil, unavailable("making a key", err)
	}
	var material [vault.KeyBytes]byte
	if _, err := rand.Read(material[:]); err != nil {
		return nil, unavailable("making a key", err)
	}
	c := &candidate{key: vault.NewKey(name, id, material)}
	return c, c.wrap(v.current.Load())
}

// wrap wraps the key unless it is already wrapped under that master key. The writer calls it
// again, as a rotation may have begun since.
func (c *candidate) wrap(m *vault.MasterKey) (err error) {
	if c.master != m {
		c.master = m
		c.wrapped, err = m.WrapKey(c.key)
	}
	return err
}

func (w *writer) createKeys(ctx context.Context, names []string, made map[string]*candidate) error {
	for _, name := range names {
		c := made[name]
		if c == nil { // it was cached: is it still there?
			if _, err := w.storedKey(ctx, name); err != nil {
				return err
			}
			continue
		}
		if err := c.wrap(w.vault.current.Load()); err != nil {
			return err
		}
		result, err := w.put.insertKey.ExecContext(ctx, []byte(name), now(), c.key.ID[:], c.master.ID[:], c.wrapped)
		if err != nil {
			return unavailable("creating a key", err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 1 {
			if err != nil {
				return unavailable("creating a key", err)
			}
			continue
		}
		if c.key, err = w.storedKey(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) storedKey(ctx context.Context, name string) (*vault.Key, error) {
	key, err := w.vault.openKey(name, w.put.findKey.QueryRowContext(ctx, []byte(name)))
	return key, readError(ctx, err)
}

// Key implements vault.Vault.
func (v *Vault) Key(ctx context.Context, name string) (*vault.Key, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if key := v.cache.Get(name); key != nil {
		return key, nil
	}
	if err := vault.CheckName(name); err != nil {
		return nil, err
	}
	for {
		ticket := v.cache.Ticket(name)
		var key *vault.Key
		err := v.reading(ctx, func() error {
			var err error
			key, err = v.openKey(name, v.find.key.QueryRowContext(ctx, []byte(name)))
			return readError(ctx, err)
		})
		if err != nil {
			return nil, err
		}
		if v.cache.Put(key, ticket) {
			return key, nil
		}
	}
}

// Keys implements vault.Vault.
func (v *Vault) Keys(ctx context.Context, names ...string) ([]*vault.Key, error) {
	if err := check(ctx, names); err != nil {
		return nil, err
	}
	for {
		keys, missing := v.cached(names)
		if missing == 0 {
			return keys, nil
		}
		tickets := make(map[string]vault.Ticket, missing)
		var wanted []string
		for i, name := range names {
			if _, twice := tickets[name]; keys[i] == nil && !twice {
				tickets[name] = v.cache.Ticket(name)
				wanted = append(wanted, name)
			}
		}
		found := make(map[string]*vault.Key, len(wanted))
		for part := range slices.Chunk(wanted, keysAtOnce) {
			if err := v.reading(ctx, func() error { return readError(ctx, v.findKeys(ctx, part, found)) }); err != nil {
				return nil, err
			}
		}
		current := true
		for name, key := range found {
			current = v.cache.Put(key, tickets[name]) && current
		}
		if !current {
			continue
		}
		for i, name := range names {
			if keys[i] == nil {
				keys[i] = found[name]
			}
		}
		return keys, nil
	}
}

// findKeys adds the named keys that exist.
func (v *Vault) findKeys(ctx context.Context, names []string, found map[string]*vault.Key) error {
	args := make([]any, len(names))
	for i, name := range names {
		args[i] = []byte(name)
	}
	query := "SELECT name, live, id, master, wrapped FROM keys WHERE name IN (?" + strings.Repeat(",?", len(names)-1) + ")" //nolint:gosec // question marks only
	rows, err := v.reads.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var live bool
		var name, id, master, wrapped []byte
		if err := rows.Scan(&name, &live, &id, &master, &wrapped); err != nil {
			return err
		}
		key, err := v.unwrapKey(string(name), live, id, master, wrapped)
		if errors.Is(err, vault.ErrDestroyed) {
			continue
		}
		if err != nil {
			return err
		}
		found[key.Name] = key
	}
	return rows.Err()
}

// DestroyKeys implements vault.Vault. ErrRemains if the bytes are not yet out of the files.
func (v *Vault) DestroyKeys(ctx context.Context, names ...string) error {
	if err := check(ctx, names); err != nil || len(names) == 0 {
		return err
	}
	names = slices.Clone(names)
	return v.write(&request{
		ctx: ctx, destroys: true,
		apply: func(ctx context.Context, w *writer) error {
			for _, name := range names {
				// A tombstone for a name that had no key; then zeros over one that has.
				if err := w.exec(ctx, w.put.buryKey, []byte(name), now()); err != nil {
					return unavailable("destroying a key", err)
				}
				if err := w.exec(ctx, w.put.destroyKey, []byte(name), now()); err != nil {
					return unavailable("destroying a key", err)
				}
			}
			return nil
		},
		done: func() { v.cache.Evict(names...) },
	})
}

// cached returns the cached keys and how many of the names are missing.
func (v *Vault) cached(names []string) (keys []*vault.Key, missing int) {
	keys = make([]*vault.Key, len(names))
	for i, name := range names {
		if keys[i] = v.cache.Get(name); keys[i] == nil {
			missing++
		}
	}
	return keys, missing
}

func check(ctx context.Context, names []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := vault.CheckNames(names); err != nil {
		return fmt.Errorf("one of %d names: %w", len(names), err)
	}
	return nil
}
