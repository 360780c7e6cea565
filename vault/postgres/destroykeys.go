package postgres

import "context"

// The number is taken first, and with it the lock that keeps numbers in the order of commits.
const destroyKeys = `WITH n AS (UPDATE destructions SET number = number + 1 RETURNING number)
		INSERT INTO keys (name, live, destruction)
		SELECT t.name, false, n.number FROM n, unnest($1::bytea[]) AS t (name) ORDER BY t.name
		ON CONFLICT (name) DO UPDATE SET live = false, at = clock_timestamp(), id = NULL, master = NULL,
			wrapped = NULL, destruction = excluded.destruction WHERE keys.live`

// DestroyKeys implements vault.Vault. The bytes may remain in the server's files; see the package's comment.
func (v *Vault) DestroyKeys(ctx context.Context, names ...string) error {
	if err := v.check(ctx, names); err != nil || len(names) == 0 {
		return err
	}
	return v.destroys.Do(ctx, &named{names: distinct(names)})
}

// destroyTogether destroys the keys of many calls at once. Each destruction waits until the
// previous number is on disk, so one at a time they would be as slow as the disk.
func (v *Vault) destroyTogether(calls []*groupCall) {
	names := namesOf(calls)
	err := v.call(context.Background(), "destroying keys", func(ctx context.Context) error {
		_, err := v.pool.Exec(ctx, destroyKeys, bytesOf(names))
		return err
	})
	// Evicted even when the outcome is not known: then the server is asked.
	v.cache.Evict(names...)
	answer(calls, err)
}
