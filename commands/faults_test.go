package commands_test

import (
	"context"
	"errors"
	"sync"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/vault"
)

var errCrash = errors.New("the process has died")

// faults counts the writes of a process to log and vault, and lets it die at one of them: before it happened, or
// after it happened and before anybody was told. From then on nothing is written.
type faults struct {
	mu    sync.Mutex
	n     int
	at    int // 0: never
	after bool
	dead  bool
	// meanwhile is done by another process right before the write, instead of a death.
	meanwhile func()
}

func (f *faults) write(do func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return errCrash
	}
	f.n++
	switch {
	case f.n != f.at:
		return do()
	case f.meanwhile != nil:
		f.meanwhile()
		return do()
	}
	f.dead = true
	if f.after {
		return errors.Join(do(), errCrash)
	}
	return errCrash
}

type faultyStore struct {
	eventstore.Store
	*faults
}

func (s faultyStore) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (out eventstore.Appended, err error) {
	err = s.write(func() error { out, err = s.Store.Append(ctx, stream, expected, events...); return err })
	return out, err
}

type faultyVault struct {
	vault.Vault
	*faults
}

func (v faultyVault) CreateKeys(ctx context.Context, names ...string) (out []*vault.Key, err error) {
	err = v.write(func() error { out, err = v.Vault.CreateKeys(ctx, names...); return err })
	return out, err
}

func (v faultyVault) DestroyKeys(ctx context.Context, names ...string) error {
	return v.write(func() error { return v.Vault.DestroyKeys(ctx, names...) })
}

func (v faultyVault) InsertIdentifier(ctx context.Context, d vault.Digest, claim uuid.UUID) (out uuid.UUID, err error) {
	err = v.write(func() error { out, err = v.Vault.InsertIdentifier(ctx, d, claim); return err })
	return out, err
}

func (v faultyVault) DeleteIdentifier(ctx context.Context, claim uuid.UUID) error {
	return v.write(func() error { return v.Vault.DeleteIdentifier(ctx, claim) })
}

func (v faultyVault) PutSecret(ctx context.Context, name string, secret []byte) error {
	return v.write(func() error { return v.Vault.PutSecret(ctx, name, secret) })
}

func (v faultyVault) DestroySecrets(ctx context.Context, names ...string) error {
	return v.write(func() error { return v.Vault.DestroySecrets(ctx, names...) })
}
