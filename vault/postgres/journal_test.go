//go:build engines

package postgres_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/eventstore/embedded"
	"accountledger/internal/await"
	"accountledger/journal"
	"accountledger/vault"
	"accountledger/vault/postgres"
)

// After one process destroys a key, no other opens what is sealed under it for longer
// than a second, even if it had everything derived from the key in memory.
func TestASealedPartIsRefusedElsewhereWithinASecond(t *testing.T) {
	p, master := newPlace(t), newMaster(t)
	store, err := embedded.Open(embedded.Options{Dir: t.TempDir(), ReserveBytes: -1})
	ok(t, err)
	defer func() { ok(t, store.Close()) }()
	registry, err := journal.NewRegistry(journal.Types(), journal.Upcasters(), journal.PartUpcasters())
	ok(t, err)
	here := journal.New(store, registry, p.open(t, postgres.Options{}, master))
	there := journal.New(store, registry, p.open(t, postgres.Options{}, master))
	text := domain.DeviceText{Text: "Ada's watch"}
	done, err := here.Append(t.Context(), journal.NoStream("account-1"), journal.Entry{
		ID: domain.EventID{UUID: uuid.New()},
		Metadata: domain.Metadata{
			At: time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC), Actor: domain.Actor{Kind: domain.ActorSystem}, Channel: domain.ChannelProcess,
		},
		Event: domain.DeviceRenamed{Device: domain.DeviceID{UUID: uuid.New()}, Name: domain.Personal(text, "account/1", "device/2")},
	})
	ok(t, err)
	fact := done.Facts[0]
	part := fact.Event.(domain.DeviceRenamed).Name
	for range 100 {
		got, err := journal.Open(t.Context(), there, fact, part)
		ok(t, err)
		if got != text {
			t.Fatal("another text")
		}
	}
	ok(t, here.Destroy(t.Context(), "device/2"))
	destroyed := time.Now()
	if _, err := journal.Open(t.Context(), here, fact, part); !errors.Is(err, journal.ErrUnreadable) {
		t.Fatalf("error %v, want %v", err, journal.ErrUnreadable)
	}
	var last time.Time
	for {
		began := time.Now()
		_, err := journal.Open(t.Context(), there, fact, part)
		if errors.Is(err, journal.ErrUnreadable) {
			break
		}
		ok(t, err)
		last = began
	}
	if late := last.Sub(destroyed); late > second {
		t.Errorf("opened %v after the key was destroyed", late)
	}
}

// Two processes have their master keys in one folder, as an operator would set them up. A
// key created in it is found by both, and one recorded as destroyed is dropped by both.
func TestProcessesFollowAFolderOfMasterKeys(t *testing.T) {
	p, dir := newPlace(t), t.TempDir()
	files := vault.KeyFiles{Path: dir}
	old, err := vault.CreateMasterKey(files.Next(time.Now()))
	ok(t, err)
	open := func() (*postgres.Vault, *vault.Keyring) {
		keys, err := vault.OpenKeyring(files)
		ok(t, err)
		v, err := postgres.Open(t.Context(), p.address, keys, postgres.Options{Schema: p.schema, Connections: 2})
		ok(t, err)
		t.Cleanup(func() { _ = v.Close() })
		return v, keys
	}
	here, _ := open()
	there, held := open()
	createKeys(t, here, "account/1")
	next, err := vault.CreateMasterKey(files.Next(time.Now()))
	ok(t, err)
	await.Until(t, "the other process knows the new master key", func() bool {
		err := here.Rotate(t.Context(), next, nil)
		if !errors.Is(err, vault.ErrNotHeld) {
			ok(t, err)
		}
		return err == nil
	})
	createKeys(t, here, "account/2")
	_, err = there.Keys(t.Context(), "account/1", "account/2")
	ok(t, err)
	ok(t, here.MasterDestroyed(t.Context(), old.ID))
	await.Until(t, "the destroyed master key is dropped", func() bool { return held.Get(old.ID) == nil })
	if held.Get(next.ID) == nil {
		t.Fatal("the new master key was dropped")
	}
}
