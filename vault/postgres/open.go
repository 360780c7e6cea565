package postgres

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"accountledger/internal/groupcommit"
	"accountledger/internal/witness"
	"accountledger/vault"
)

// Options of Open. A zero field takes its default.
type Options struct {
	// Schema is the PostgreSQL schema of the vault's tables: "accountledger_vault". It is
	// created if missing. Several vaults may share a database.
	Schema string
	// CacheKeys is how many unwrapped keys are kept in memory: vault.DefaultCacheKeys.
	CacheKeys int
	// Connections is how many calls are at the server at once: 16. One more connection
	// is for news of destructions.
	Connections int
	// Timeout bounds every call whose context does not, for a slow network: 10 s. Calls to a silent server end earlier.
	Timeout time.Duration
	// Witness is the path of this process's own file that records how far the vault was bound to its log, so that a server
	// put back to an earlier state is noticed: *vault.BehindError. "" is none.
	Witness string
	// Behind opens the vault even if it is behind the witness.
	Behind bool
	// Reading leaves the witness unchanged.
	Reading bool
}

const (
	defaultSchema      = "accountledger_vault"
	defaultConnections = 16
	defaultTimeout     = 10 * time.Second
	// openPatience bounds Open, which makes several requests.
	openPatience = 30 * time.Second
	// maxSchemaBytes is PostgreSQL's bound for a name.
	maxSchemaBytes = 63
)

// Vault is the PostgreSQL engine. Create it with Open.
type Vault struct {
	id      uuid.UUID
	masters *vault.Keyring
	cache   *vault.KeyCache
	news    freshness
	outage  *outage
	locks   locks
	// session is the server's process id for the watcher's session.
	session atomic.Uint32
	timeout time.Duration
	pool    *pgxpool.Pool

	creates, destroys *group

	witnessing  sync.Mutex // guards what follows
	witnessFile string
	witness     *witness.Witness
	bound       vault.Binding // according to the witness
	known       vault.Binding // as far as this process knows

	closed   atomic.Bool
	end      context.CancelFunc
	watched  sync.WaitGroup
	close    sync.Once
	closeErr error
}

var _ vault.Portable = (*Vault)(nil)

// Open opens the vault in the database at address ("postgres://user@host/database?sslmode=verify-full"
// or libpq's keywords; its usual variables and files apply too), and creates its
// tables if there are none, under the newest master key. Several hosts may be given; the primary
// is used.
//
// It returns vault.ErrMasterKey if rows are under a master key that masters does not hold,
// *vault.BehindError, ErrSchema, ErrUnsafe, vault.ErrInvalid for an invalid address or option, or
// vault.ErrUnavailable. Errors do not repeat the address.
func Open(ctx context.Context, address string, masters *vault.Keyring, o Options) (*Vault, error) {
	if o.Schema == "" {
		o.Schema = defaultSchema
	}
	if o.CacheKeys <= 0 {
		o.CacheKeys = vault.DefaultCacheKeys
	}
	if o.Connections <= 0 {
		o.Connections = defaultConnections
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	config, err := configure(address, o)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, unavailable("preparing connections", err)
	}
	v := &Vault{
		masters: masters, cache: vault.NewKeyCache(o.CacheKeys), news: freshness{limit: trusted}, outage: newOutage(),
		locks: locksOf(o.Schema), timeout: o.Timeout, pool: pool,
	}
	v.creates = groupcommit.New(groupcommit.Options[*named]{AtOnce: min(2, o.Connections/2), Commit: v.createTogether})
	v.destroys = groupcommit.New(groupcommit.Options[*named]{Commit: v.destroyTogether})
	if err := v.start(ctx, config.ConnConfig, o); err != nil {
		pool.Close()
		return nil, err
	}
	return v, nil
}

func (v *Vault) start(ctx context.Context, config *pgx.ConnConfig, o Options) error {
	within, cancel := context.WithTimeout(ctx, max(o.Timeout, openPatience))
	defer cancel()
	if err := fail(ctx, within, "opening", v.prepare(within, o)); err != nil {
		return err
	}
	w := &watcher{vault: v, config: config}
	if err := fail(ctx, within, "opening", w.connect(within)); err != nil {
		return errors.Join(err, w.disconnect(ctx))
	}
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	v.end = end
	v.watched.Go(func() { w.run(life) })
	return nil
}

// Close closes the vault after the calls under way. It may be called twice.
func (v *Vault) Close() error {
	v.close.Do(func() {
		v.closed.Store(true)
		v.end()
		v.watched.Wait()
		v.news.forget()
		v.cache.Clear()
		v.closePool()
		if v.witness != nil {
			v.closeErr = v.witness.Close()
		}
	})
	return v.closeErr
}

// closePool waits for the calls under way, but not for a silent server, whose connections would wait for it to confirm their end.
func (v *Vault) closePool() {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		v.pool.Close()
	}()
	within, cancel := v.outage.limit(context.Background(), v.timeout)
	defer cancel()
	select {
	case <-closed:
	case <-within.Done():
	}
}
