package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	lru "github.com/hashicorp/golang-lru/v2"

	"accountledger/eventstore"
	"accountledger/vault"
)

// KeysNamed returns the names of the keys that an event's sealed parts need, whatever its type.
func KeysNamed(data []byte) []string {
	if !bytes.Contains(data, []byte(`"nonce"`)) {
		return nil
	}
	var members map[string]jsontext.Value
	if json.Unmarshal(data, &members) != nil {
		return nil
	}
	var names []string
	for _, m := range members {
		var part struct {
			Keys  []string `json:"keys"`
			Nonce []byte   `json:"nonce"`
		}
		if m.Kind() == '{' && json.Unmarshal(m, &part) == nil && len(part.Nonce) > 0 {
			names = append(names, part.Keys...)
		}
	}
	return names
}

// KeyCheck checks that a vault knows every key that a log names. Create it with NewKeyCheck.
type KeyCheck struct {
	vault   vault.Vault
	seen    *lru.Cache[string, struct{}]
	pending []namedKey
	// Live and Destroyed count the names that were looked up; one may be counted again after many
	// others. Damaged counts keys that exist but do not open.
	Live, Destroyed, Damaged int64
}

// namedKey is a key and the first event that names it.
type namedKey struct {
	name, stream string
	version      int64
	metadata     []byte
}

// KeyMissingError is ErrKeyMissing with the key's name and the event that names it.
type KeyMissingError struct {
	Key, Stream string
	Version     int64
}

func (e *KeyMissingError) Error() string {
	return fmt.Sprintf("%s: %q, which %s version %d names", ErrKeyMissing, e.Key, e.Stream, e.Version)
}

// Unwrap is ErrKeyMissing.
func (e *KeyMissingError) Unwrap() error { return ErrKeyMissing }

const (
	keysAtOnce  = 256
	keysNoticed = 1 << 17 // names that are not looked up again
)

// NewKeyCheck returns a check against a vault.
func NewKeyCheck(v vault.Vault) *KeyCheck {
	seen, err := lru.New[string, struct{}](keysNoticed)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &KeyCheck{vault: v, seen: seen}
}

// See adds the names in one event; a *KeyMissingError may be about an earlier one.
func (k *KeyCheck) See(ctx context.Context, e *eventstore.Recorded) error {
	for _, name := range KeysNamed(e.Data) {
		if !k.seen.Contains(name) {
			k.seen.Add(name, struct{}{})
			k.pending = append(k.pending, namedKey{name, e.Stream, e.Version, e.Metadata})
		}
	}
	if len(k.pending) < keysAtOnce {
		return nil
	}
	return k.End(ctx)
}

// End looks up the remaining names.
func (k *KeyCheck) End(ctx context.Context) error {
	names := make([]string, len(k.pending))
	for i, p := range k.pending {
		names[i] = p.name
	}
	keys, err := k.vault.Keys(ctx, names...)
	if damaged(err) {
		keys, err = make([]*vault.Key, len(names)), nil // one of them; so each is looked up alone
	}
	if err != nil {
		return err
	}
	for i, key := range keys {
		if key != nil {
			k.Live++
			continue
		}
		_, err := k.vault.Key(ctx, names[i])
		switch {
		case errors.Is(err, vault.ErrDestroyed):
			k.Destroyed++
		case errors.Is(err, vault.ErrNotFound):
			if p := k.pending[i]; !strangers(p.metadata) {
				return &KeyMissingError{p.name, p.stream, p.version}
			}
		case damaged(err):
			k.Damaged++
		case err != nil:
			return err
		default:
			k.Live++
		}
	}
	k.pending = k.pending[:0]
	return nil
}

// strangers reports whether metadata belong to an event that no ledger wrote: what it names does not count.
func strangers(metadata []byte) bool {
	var m struct {
		Format int `json:"format"`
	}
	return json.Unmarshal(metadata, &m) != nil || m.Format == 0
}

func damaged(err error) bool {
	return errors.Is(err, vault.ErrCorrupt) || errors.Is(err, vault.ErrMasterKey)
}
