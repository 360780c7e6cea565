package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"accountledger/vault"
)

const findKeys = "SELECT name, live, id, master, wrapped FROM keys WHERE name = ANY($1)"

// Key implements vault.Vault.
func (v *Vault) Key(ctx context.Context, name string) (*vault.Key, error) {
	names := []string{name}
	if err := v.check(ctx, names); err != nil {
		return nil, err
	}
	for {
		if keys, missing := v.cached(names); missing == 0 {
			return keys[0], nil
		}
		ticket := v.cache.Ticket(name)
		var key *vault.Key
		var destroyed error
		err := v.findKeys(ctx, names, func(_ string, k *vault.Key, err error) error {
			key, destroyed = k, err
			return nil
		})
		switch {
		case err != nil:
			return nil, err
		case destroyed != nil:
			return nil, destroyed
		case key == nil:
			return nil, vault.ErrNotFound
		case v.cache.Put(key, ticket):
			return key, nil
		}
	}
}

// Keys implements vault.Vault.
func (v *Vault) Keys(ctx context.Context, names ...string) ([]*vault.Key, error) {
	if err := v.check(ctx, names); err != nil {
		return nil, err
	}
	for {
		keys, missing := v.cached(names)
		if missing == 0 {
			return keys, nil
		}
		var wanted []string
		found := make(foundKeys, len(names))
		for i, name := range names {
			if found[name] = keys[i]; keys[i] == nil {
				wanted = append(wanted, name)
			}
		}
		wanted = distinct(wanted)
		tickets := v.tickets(wanted)
		err := v.findKeys(ctx, wanted, func(name string, key *vault.Key, _ error) error {
			found[name] = key
			return nil
		})
		if err != nil {
			return nil, err
		}
		current := true
		for i, name := range wanted {
			if found[name] != nil {
				current = v.cache.Put(found[name], tickets[i]) && current
			}
		}
		if current {
			return inOrder(names, found), nil
		}
	}
}

// findKeys calls each with the rows of these names: the key, or vault.ErrDestroyed.
func (v *Vault) findKeys(ctx context.Context, names []string, each func(name string, key *vault.Key, destroyed error) error) error {
	return v.reading(ctx, func(ctx context.Context) error {
		rows, err := v.pool.Query(ctx, findKeys, bytesOf(names))
		if err != nil {
			return err
		}
		return v.openKeys(rows, nil, each)
	})
}

// openKeys unwraps rows of findKeys. A key with a known id is not unwrapped again.
func (v *Vault) openKeys(
	rows pgx.Rows, known map[uuid.UUID]*vault.Key, each func(name string, key *vault.Key, destroyed error) error,
) error {
	defer rows.Close()
	for rows.Next() {
		var name, wrapped []byte
		var live bool
		var id, master *uuid.UUID
		if err := rows.Scan(&name, &live, &id, &master, &wrapped); err != nil {
			return err
		}
		if !live {
			if err := each(string(name), nil, fmt.Errorf("%w: key %q", vault.ErrDestroyed, name)); err != nil {
				return err
			}
			continue
		}
		key := known[*id]
		if key == nil || key.Name != string(name) {
			m, err := v.master(*master)
			if err == nil {
				key, err = m.UnwrapKey(string(name), *id, wrapped)
			}
			if err != nil {
				return fmt.Errorf("key %q: %w", name, err)
			}
		}
		if err := each(string(name), key, nil); err != nil {
			return err
		}
	}
	return rows.Err()
}

// cached returns the cached keys and how many of the names are missing. Nothing counts as cached
// while the server has not been heard from.
func (v *Vault) cached(names []string) (keys []*vault.Key, missing int) {
	asked := v.news.begin()
	keys = make([]*vault.Key, len(names))
	for i, name := range names {
		if keys[i] = v.cache.Get(name); keys[i] == nil {
			missing++
		}
	}
	if missing < len(names) && !v.news.holds(asked) {
		clear(keys)
		missing = len(names)
	}
	return keys, missing
}

func (v *Vault) tickets(names []string) []vault.Ticket {
	tickets := make([]vault.Ticket, len(names))
	for i, name := range names {
		tickets[i] = v.cache.Ticket(name)
	}
	return tickets
}

func (v *Vault) check(ctx context.Context, names []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := v.Health(); err != nil {
		return err
	}
	if err := vault.CheckNames(names); err != nil {
		return fmt.Errorf("one of %d names: %w", len(names), err)
	}
	return nil
}

// distinct returns each of the names once, in order.
func distinct(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}

func bytesOf(names []string) [][]byte {
	b := make([][]byte, len(names))
	for i, name := range names {
		b[i] = []byte(name)
	}
	return b
}

func inOrder(names []string, found foundKeys) []*vault.Key {
	keys := make([]*vault.Key, len(names))
	for i, name := range names {
		keys[i] = found[name]
	}
	return keys
}
