package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"accountledger/vault"
)

// Rows are inserted, and so locked, in the order of their names, or two transactions
// could deadlock.
const insertKeys = `INSERT INTO keys (name, live, id, master, wrapped)
		SELECT t.name, true, t.id, $3, t.wrapped FROM unnest($1::bytea[], $2::uuid[], $4::bytea[]) AS t (name, id, wrapped)
		ORDER BY t.name ON CONFLICT DO NOTHING`

// foundKeys are keys by their names.
type foundKeys map[string]*vault.Key

// CreateKeys implements vault.Vault.
func (v *Vault) CreateKeys(ctx context.Context, names ...string) ([]*vault.Key, error) {
	if err := v.check(ctx, names); err != nil {
		return nil, err
	}
	if keys, missing := v.cached(names); missing == 0 {
		return keys, nil
	}
	// Every name is checked, even cached ones: all are returned or none.
	unique := distinct(names)
	tickets := v.tickets(unique)
	began := time.Now()
	call := &named{names: unique}
	if err := v.creates.Do(ctx, call); err != nil {
		return nil, err
	}
	found := call.found
	for i, name := range unique {
		v.cache.Put(found[name], tickets[i])
	}
	if since(began) >= v.news.limit {
		return v.still(ctx, names)
	}
	return inOrder(names, found), nil
}

// still returns keys that all existed a moment ago, unless one has been destroyed since.
func (v *Vault) still(ctx context.Context, names []string) ([]*vault.Key, error) {
	keys, err := v.Keys(ctx, names...)
	if err != nil {
		return nil, err
	}
	for i, key := range keys {
		if key == nil {
			return nil, fmt.Errorf("%w: key %q", vault.ErrDestroyed, names[i])
		}
	}
	return keys, nil
}

// createTogether creates the keys of many calls in one transaction. If one call fails because of
// what is in the vault, the others must not fail with it: then each runs alone.
func (v *Vault) createTogether(calls []*groupCall) {
	found, err := v.createAtOnce(namesOf(calls))
	if len(calls) > 1 && ours(err) && !errors.Is(err, vault.ErrUnavailable) {
		for _, c := range calls {
			c.Of.found, err = v.createAtOnce(c.Of.names)
			c.Answer(err)
		}
		return
	}
	for _, c := range calls {
		c.Of.found = found
	}
	answer(calls, err)
}

func (v *Vault) createAtOnce(names []string) (foundKeys, error) {
	made := make([]*vault.Key, len(names))
	for i, name := range names {
		var err error
		if made[i], err = newKey(name); err != nil {
			return nil, err
		}
	}
	var found foundKeys
	err := v.writing(context.Background(), "creating keys", func(ctx context.Context, conn *pgx.Conn, u use) error {
		var err error
		found, err = v.createKeys(ctx, conn, u.current, names, made)
		return err
	})
	return found, err
}

// createKeys stores the new keys whose names have none, and returns what is there then.
func (v *Vault) createKeys(
	ctx context.Context, conn *pgx.Conn, master *vault.MasterKey, names []string, made []*vault.Key,
) (foundKeys, error) {
	ids, wrapped := make([]uuid.UUID, len(made)), make([][]byte, len(made))
	known := make(map[uuid.UUID]*vault.Key, len(made))
	for i, key := range made {
		var err error
		if wrapped[i], err = master.WrapKey(key); err != nil {
			return nil, err
		}
		ids[i], known[key.ID] = key.ID, key
	}
	b := &pgx.Batch{}
	b.Queue(insertKeys, bytesOf(names), ids, master.ID, wrapped)
	found := make(foundKeys, len(names))
	b.Queue(findKeys, bytesOf(names)).Query(func(rows pgx.Rows) error {
		return v.openKeys(rows, known, func(name string, key *vault.Key, err error) error {
			found[name] = key
			return err
		})
	})
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		return nil, err
	}
	if len(found) != len(names) {
		return nil, fmt.Errorf("%w: rows of keys are missing", vault.ErrCorrupt)
	}
	return found, nil
}

func newKey(name string) (*vault.Key, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return nil, unavailable("making a key", err)
	}
	var material [vault.KeyBytes]byte
	if _, err := rand.Read(material[:]); err != nil {
		return nil, unavailable("making a key", err)
	}
	return vault.NewKey(name, id, material), nil
}
