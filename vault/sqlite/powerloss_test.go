package sqlite_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/uuid"
	lib "modernc.org/sqlite/lib"

	"accountledger/faults/disk"
	"accountledger/vault"
	"accountledger/vault/sqlite"
)

// TestLossOfPower cuts the power while the vault writes: every key, destruction,
// secret and identifier that it acknowledged is there afterwards, and of a call under way all or nothing.
func TestLossOfPower(t *testing.T) {
	t.Parallel()
	if err := losePower(t, disk.Under(t, t.TempDir())); err != nil {
		t.Error(err)
	}
}

// TestLossOfPowerWithoutSync is the control: a vault whose syncs do nothing, all of them or only those that
// end a transaction, must lose what it acknowledged, or the test above proves nothing.
func TestLossOfPowerWithoutSync(t *testing.T) {
	t.Parallel()
	for name, suffix := range map[string]string{"as with synchronous=OFF": "", "as with synchronous=NORMAL": "-wal"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := disk.Under(t, t.TempDir())
			d.IgnoreSyncs(suffix)
			err := losePower(t, d)
			if err == nil {
				t.Fatal("nothing was lost although nothing was synced")
			}
			t.Logf("lost, as it must be: %.200v", err)
		})
	}
}

const (
	powerWorkers = 4
	powerSteps   = 62 // the last two only add: no destruction copies the write-ahead file after them
	powerImages  = 40
)

// losePower lets workers write while the power fails, repeatedly, and returns what was lost.
func losePower(t *testing.T, d *disk.Disk) error {
	t.Helper()
	master := newMaster(t)
	v := openVault(t, filepath.Join(d.Dir(), "vault"), master, sqlite.Options{})
	var workers [powerWorkers]*worker
	for i := range workers {
		workers[i] = &worker{name: fmt.Sprint("worker", i), states: []state{{keys: map[string]uuid.UUID{}, claims: map[vault.Digest]uuid.UUID{}}}}
	}
	type image struct {
		dir          string
		acknowledged [powerWorkers]int
	}
	var mu sync.Mutex
	var images []image
	random := rand.New(rand.NewPCG(11, 12))
	next := 1
	d.Watch(func(op int) {
		mu.Lock()
		defer mu.Unlock()
		if op < next || len(images) == powerImages {
			return
		}
		next = op + 1 + random.IntN(30)
		i := image{dir: t.TempDir()}
		for n, w := range workers { // before the cut: later acknowledgements do not count
			i.acknowledged[n] = w.steps()
		}
		if err := d.Cut(i.dir, uint64(len(images))); err != nil {
			t.Error(err)
		}
		images = append(images, i)
	})
	var all sync.WaitGroup
	for _, w := range workers {
		all.Go(func() {
			if err := w.work(t.Context(), v); err != nil {
				t.Errorf("%s: %v", w.name, err)
			}
		})
	}
	all.Wait()
	d.Watch(nil)
	if len(images) < powerImages/2 { // how many operations there are depends on who shares a transaction
		t.Fatalf("the power failed only %d times", len(images))
	}
	// Everything is acknowledged, and the last of it is only in the write-ahead file: without its sync it is lost.
	for _, left := range []disk.Survivors{disk.None, disk.Newest, disk.Alternating} {
		i := image{dir: t.TempDir()}
		for n, w := range workers {
			i.acknowledged[n] = w.steps()
		}
		ok(t, d.CutLeaving(i.dir, left))
		images = append(images, i)
	}
	for n, i := range images {
		if err := survives(t.Context(), filepath.Join(i.dir, "vault"), master, workers, i.acknowledged); err != nil {
			return fmt.Errorf("loss %d: %w", n, err)
		}
	}
	return nil
}

func survives(ctx context.Context, dir string, master *vault.MasterKey, workers [powerWorkers]*worker, acknowledged [powerWorkers]int) error {
	v, err := sqlite.Open(ctx, dir, master, sqlite.Options{})
	if err != nil {
		none := [powerWorkers]int{}
		if acknowledged == none && !errors.Is(err, vault.ErrCorrupt) {
			return nil
		}
		return fmt.Errorf("the vault does not open: %w", err)
	}
	defer func() { _ = v.Close() }()
	for i, w := range workers {
		before := w.states[acknowledged[i]]
		err := before.in(ctx, v, w.name)
		if err != nil && acknowledged[i]+1 < len(w.states) {
			after := w.states[acknowledged[i]+1]
			if after.in(ctx, v, w.name) == nil {
				continue
			}
		}
		if err != nil {
			return fmt.Errorf("%s after %d acknowledged calls: %w", w.name, acknowledged[i], err)
		}
	}
	return nil
}

// state is the state of one worker's own things: nil ids are tombstones.
type state struct {
	keys   map[string]uuid.UUID
	secret []byte
	claims map[vault.Digest]uuid.UUID
}

func (s state) copy() state {
	out := state{keys: map[string]uuid.UUID{}, secret: s.secret, claims: map[vault.Digest]uuid.UUID{}}
	for k, id := range s.keys {
		out.keys[k] = id
	}
	for d, c := range s.claims {
		out.claims[d] = c
	}
	return out
}

// in reports what part of the state a vault does not hold.
func (s state) in(ctx context.Context, v vault.Vault, name string) error {
	for k, id := range s.keys {
		key, err := v.Key(ctx, k)
		switch {
		case id == uuid.Nil && !errors.Is(err, vault.ErrDestroyed):
			return fmt.Errorf("the destroyed key %s: %w", k, err)
		case id != uuid.Nil && (err != nil || key.ID != id):
			return fmt.Errorf("the key %s: %w", k, err)
		}
	}
	secret, err := v.Secret(ctx, name)
	if s.secret != nil && (err != nil || !bytes.Equal(secret, s.secret)) || s.secret == nil && !errors.Is(err, vault.ErrNotFound) {
		return fmt.Errorf("the secret %q is %q: %w", s.secret, secret, err)
	}
	for d, claim := range s.claims {
		held, err := v.Identifier(ctx, d)
		if claim == uuid.Nil && !errors.Is(err, vault.ErrNotFound) || claim != uuid.Nil && (err != nil || held != claim) {
			return fmt.Errorf("an identifier: %w", err)
		}
	}
	return nil
}

// worker makes calls on its own things, one after another, and records the state after each.
type worker struct {
	name string

	mu     sync.Mutex
	states []state // after each acknowledged call
}

func (w *worker) steps() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.states) - 1
}

func (w *worker) work(ctx context.Context, v vault.Vault) error {
	s := w.states[0]
	var claims []vault.Digest
	for n := range powerSteps {
		s = s.copy()
		key := fmt.Sprintf("%s/%d", w.name, n/5)
		var err error
		switch n % 5 {
		case 0:
			var made []*vault.Key
			if made, err = v.CreateKeys(ctx, key); err == nil {
				s.keys[key] = made[0].ID
			}
		case 1:
			s.secret = fmt.Appendf(nil, "secret %d of %s", n, w.name)
			err = v.PutSecret(ctx, w.name, s.secret)
		case 2:
			var d vault.Digest
			copy(d[:], uuid.NewString())
			claims = append(claims, d)
			s.claims[d] = uuid.New()
			_, err = v.InsertIdentifier(ctx, d, s.claims[d])
		case 3:
			if n%2 == 0 {
				s.keys[key] = uuid.Nil
				err = v.DestroyKeys(ctx, key)
			}
		case 4:
			d := claims[len(claims)-1]
			if n%3 == 0 {
				err = v.DeleteIdentifier(ctx, s.claims[d])
				s.claims[d] = uuid.Nil
			}
		}
		if err != nil {
			return err
		}
		w.mu.Lock()
		w.states = append(w.states, s)
		w.mu.Unlock()
	}
	return nil
}

// TestFailedSyncThenLossOfPower: every caller waiting for a failed sync gets the error, and data that Linux then drops from the
// file is never taken for stored: what is acknowledged later survives a loss of power.
func TestFailedSyncThenLossOfPower(t *testing.T) {
	t.Parallel()
	d := disk.Under(t, t.TempDir())
	master := newMaster(t)
	v := openVault(t, filepath.Join(d.Dir(), "vault"), master, sqlite.Options{})
	made := map[string]uuid.UUID{}
	create := func(name string) error {
		keys, err := v.CreateKeys(t.Context(), name)
		if err == nil {
			made[name] = keys[0].ID
		}
		return err
	}
	for n := range 12 {
		ok(t, create(fmt.Sprint("before/", n)))
		d.Fail(disk.Sync, "vault.db", lib.SQLITE_IOERR_FSYNC)
		if err := create(fmt.Sprint("failing/", n)); !errors.Is(err, vault.ErrUnavailable) {
			t.Fatalf("a write whose sync failed: %v", err)
		}
		if n%3 == 1 {
			if err := v.DestroyKeys(t.Context(), fmt.Sprint("before/", n)); !errors.Is(err, vault.ErrUnavailable) {
				t.Fatalf("a destruction whose sync failed: %v", err)
			}
		}
		d.Mend()
		if n%3 == 2 {
			name := fmt.Sprint("before/", n-1)
			ok(t, v.DestroyKeys(t.Context(), name))
			made[name] = uuid.Nil
		}
		ok(t, create(fmt.Sprint("after/", n)))
		dir := t.TempDir()
		ok(t, d.Cut(dir, uint64(n)))
		image := openVault(t, filepath.Join(dir, "vault"), master, sqlite.Options{})
		for name, id := range made {
			key, err := image.Key(t.Context(), name)
			if id == uuid.Nil && errors.Is(err, vault.ErrDestroyed) || err == nil && key.ID == id {
				continue
			}
			if n%3 == 1 && name == fmt.Sprint("before/", n) && errors.Is(err, vault.ErrDestroyed) {
				continue // its destruction was neither acknowledged nor refused
			}
			t.Fatalf("round %d: %s: %v", n, name, err)
		}
		ok(t, image.Close())
	}
}
