package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"accountledger/bench/population"
	"accountledger/eventstore/embedded"
	"accountledger/journal"
	"accountledger/projections/sqlite"
	"accountledger/simulate"
	"accountledger/vault"
	vaultsqlite "accountledger/vault/sqlite"
)

// seed is the seed of every population here.
const seed = 7

// world is a data folder with a population in it, in the server's layout.
type world struct {
	dir     string
	events  int64
	store   *embedded.Store
	vault   *vaultsqlite.Vault // nil if the keys are not kept
	journal *journal.Journal
	engine  *sqlite.Engine
}

// openWorld opens a data folder. Without a vault, sealed parts are under keys derived from their names.
func openWorld(ctx context.Context, dir string, withVault bool) (w *world, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	w = &world{dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close(ctx))
		}
	}()
	if w.store, err = embedded.Open(embedded.Options{Dir: filepath.Join(dir, "log"), Witness: filepath.Join(dir, "log.acknowledged")}); err != nil {
		return w, err
	}
	var keys journal.Keys = namedKeys{}
	if withVault {
		if w.vault, err = openVault(ctx, dir); err != nil {
			return w, err
		}
		keys = &lastingKeys{w.vault}
	}
	registry, err := journal.NewRegistry(journal.Types(), journal.Upcasters(), journal.PartUpcasters())
	if err != nil {
		return w, err
	}
	w.journal = journal.New(w.store, registry, keys)
	w.engine, err = sqlite.New(filepath.Join(dir, "views"))
	return w, err
}

// openVault opens a folder's vault under the master key that serve --dev would create there.
func openVault(ctx context.Context, dir string) (*vaultsqlite.Vault, error) {
	path := filepath.Join(dir, "dev-master.key")
	master, err := vault.LoadMasterKey(path)
	if errors.Is(err, os.ErrNotExist) {
		master, err = vault.CreateMasterKey(path)
	}
	if err != nil {
		return nil, err
	}
	return vaultsqlite.Open(ctx, filepath.Join(dir, "vault"), master, vaultsqlite.Options{})
}

func (w *world) close(ctx context.Context) error {
	var errs []error
	if w.engine != nil {
		errs = append(errs, w.engine.Close())
	}
	if w.vault != nil {
		errs = append(errs, w.bind(ctx), w.vault.Close())
	}
	if w.store != nil {
		errs = append(errs, w.store.Close())
	}
	return errors.Join(errs...)
}

// bind binds the vault to the log, as the server does.
func (w *world) bind(ctx context.Context) error {
	if w.store == nil {
		return nil
	}
	head, err := w.store.Head(ctx)
	if err != nil {
		return err
	}
	id, err := w.store.LogID(ctx)
	if err != nil {
		return err
	}
	return w.vault.Bind(ctx, vault.Binding{Log: id, Commit: head.Position.Commit(), Prepare: head.Position.Prepare(), Event: head.Event})
}

// populated opens the folder of a population with about that many accounts, creating it if necessary. Figures
// share populations of one size; the one for the server itself has a vault with its keys.
func populated(ctx context.Context, c config, accounts int) (*world, error) {
	w, err := openWorld(ctx, c.world(accounts), accounts == c.served)
	if err != nil {
		return nil, err
	}
	if err := w.grow(ctx, simulate.SignUps(accounts)); err != nil {
		return nil, errors.Join(err, w.close(ctx))
	}
	return w, nil
}

func (c *config) world(accounts int) string {
	return filepath.Join(c.dir, "accounts"+strconv.Itoa(accounts))
}

// grow fills an empty world with people, and reports progress.
func (w *world) grow(ctx context.Context, people int) error {
	head, err := w.journal.Head(ctx)
	if err != nil {
		return err
	}
	if !head.IsZero() {
		w.events = head.Position.Int64()
		return nil
	}
	began := time.Now()
	o := population.Options{People: people, Seed: seed, Progress: progress("people", people)}
	if w.vault != nil {
		o.Keys = func(ctx context.Context, names ...string) error {
			_, err := w.vault.CreateKeys(ctx, names...)
			return err
		}
	}
	sum, err := population.Grow(ctx, w.journal, o)
	if err != nil {
		return err
	}
	w.events = sum.Events
	note("%d people with %d accounts made %d events in %.0f s", sum.People, sum.Accounts, sum.Events, time.Since(began).Seconds())
	return nil
}

// note reports on the terminal what is happening.
func note(format string, args ...any) { fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...) }

// progress reports the progress of a long step a few times. It is called for every thousand.
func progress(what string, total int) func(int) {
	step := max(total/5/1000*1000, 1000)
	return func(done int) {
		if done%step == 0 {
			note("%d of %d %s", done, total, what)
		}
	}
}

// namedKeys derives every key from its name: enough to seal with, and nothing to store.
type namedKeys struct{}

func (namedKeys) CreateKeys(_ context.Context, names ...string) ([]*vault.Key, error) {
	keys := make([]*vault.Key, len(names))
	for i, name := range names {
		sum := sha256.Sum256([]byte(name))
		keys[i] = vault.NewKey(name, uuid.UUID(sum[:16]), sum)
	}
	return keys, nil
}

func (k namedKeys) Keys(ctx context.Context, names ...string) ([]*vault.Key, error) {
	return k.CreateKeys(ctx, names...)
}

func (k namedKeys) Key(ctx context.Context, name string) (*vault.Key, error) {
	keys, err := k.CreateKeys(ctx, name)
	if err != nil {
		return nil, err
	}
	return keys[0], nil
}

func (namedKeys) DestroyKeys(context.Context, ...string) error { return nil }

// lastingKeys are a vault's, except those of sign-ups, which the product has destroyed by then.
type lastingKeys struct{ *vaultsqlite.Vault }

func (k *lastingKeys) Keys(ctx context.Context, names ...string) ([]*vault.Key, error) {
	if passing(names) {
		return namedKeys{}.CreateKeys(ctx, names...)
	}
	return k.Vault.Keys(ctx, names...)
}

func passing(names []string) bool {
	for _, name := range names {
		if !strings.HasPrefix(name, "signup/") {
			return false
		}
	}
	return true
}
