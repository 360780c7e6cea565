package vault

import "fmt"

// Loading is a batch of another vault's rows for an engine to load: opened, and sorted by what happens to them.
type Loading struct {
	// Live are the rows with content, in their original order.
	Live []OpenedRow
	// DestroyedKeys and DestroyedSecrets are tombstones. Store them before Live.
	DestroyedKeys, DestroyedSecrets []*Row
}

// OpenedRow is a row with its content.
type OpenedRow struct {
	*Row
	Content
}

// OpenRows opens rows for Portable.Load. Errors: Row.Open's, and ErrInvalid for a tombstone of a kind that has none.
func OpenRows(held *Keyring, rows []Row) (*Loading, error) {
	l := &Loading{}
	for i := range rows {
		r := &rows[i]
		switch {
		case r.Destroyed && r.Kind == KindKey:
			l.DestroyedKeys = append(l.DestroyedKeys, r)
		case r.Destroyed && r.Kind == KindSecret:
			l.DestroyedSecrets = append(l.DestroyedSecrets, r)
		case r.Destroyed:
			return nil, fmt.Errorf("%w: a tombstone of an unknown kind", ErrInvalid)
		default:
			c, err := r.Open(held)
			if err != nil {
				return nil, err
			}
			l.Live = append(l.Live, OpenedRow{r, c})
		}
	}
	return l, nil
}

// Destroys reports whether loading may destroy a key or secret.
func (l *Loading) Destroys() bool { return len(l.DestroyedKeys)+len(l.DestroyedSecrets) > 0 }

// GoneKeys are the names of destroyed keys, which must leave every cache.
func (l *Loading) GoneKeys() []string {
	names := make([]string, len(l.DestroyedKeys))
	for i, r := range l.DestroyedKeys {
		names[i] = r.Name
	}
	return names
}

// Rewrap rewraps a key or a secret under a master key. It keeps its id, which the wrapping is bound to.
func (r *OpenedRow) Rewrap(m *MasterKey) ([]byte, error) {
	switch r.Kind {
	case KindKey:
		return m.WrapKey(r.Key)
	case KindSecret:
		return m.WrapSecret(r.Name, r.ID, r.Secret)
	default:
		return nil, fmt.Errorf("%w: neither a key nor a secret", ErrInvalid)
	}
}

// OccupiedKey is ErrOccupied for a key whose name another one has.
func OccupiedKey(name string) error {
	return fmt.Errorf("%w: another key is called %q", ErrOccupied, name)
}

// OccupiedIdentifier is ErrOccupied for an identifier that has another claim, or whose claim is another identifier's.
func OccupiedIdentifier() error {
	return fmt.Errorf("%w: an identifier or its claim is another's", ErrOccupied)
}

// DumpPages yields rows page by page: some returns those after a place in the engine's own order, and the place of the last one;
// no rows end it.
func DumpPages[Place any](start Place, some func(after Place) ([]Row, Place, error), yield func([]Row) error) error {
	for after := start; ; {
		rows, last, err := some(after)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := yield(rows); err != nil {
			return err
		}
		after = last
	}
}
