package health

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"accountledger/operate/fault"
	"accountledger/vault"
)

// vaultCall is an operation of the vault, as metrics name it.
type vaultCall int

const (
	createKeys vaultCall = iota
	readKey
	readKeys
	destroyKeys
	insertIdentifier
	readIdentifier
	deleteIdentifier
	putSecret
	readASecret
	destroySecrets
	ping
	vaultCalls
)

func (c vaultCall) String() string {
	return [vaultCalls]string{"create_keys", "key", "keys", "destroy_keys", "insert_identifier", "identifier", "delete_identifier", "put_secret", "secret",
		"destroy_secrets", "ping"}[c]
}

// adds says whether the call stores something new: what does not fit on a full disk, where smaller writes may still go through.
func (c vaultCall) adds() bool { return c == createKeys || c == insertIdentifier || c == putSecret }

// Vault is one each of whose calls is timed, and whose faults are noted with the request that met them.
type Vault struct {
	vault.Portable
	took   [vaultCalls]prometheus.Observer
	failed [vaultCalls]prometheus.Counter
	desk   *fault.Desk
	// refused is the last time that something new could not be stored; nil after it could.
	refused atomic.Pointer[refusedAt]
}

type refusedAt struct {
	at  time.Time
	err error
}

// Observe puts an observer before a vault. Its metrics are registered with r.
func Observe(v vault.Portable, desk *fault.Desk, r prometheus.Registerer) (*Vault, error) {
	o := &Vault{Portable: v, desk: desk}
	return o, o.register(r)
}

func (v *Vault) register(r prometheus.Registerer) error {
	took := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "accountledger_vault_operation_duration_seconds",
		Help:    "Time of the vault's operations, those answered from memory included.",
		Buckets: []float64{.000001, .00001, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}}, []string{"operation"})
	failed := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "accountledger_vault_errors_total",
		Help: "Operations of the vault that failed, those left out that found nothing or were not allowed."}, []string{"operation"})
	for c := range vaultCalls {
		v.took[c], v.failed[c] = took.WithLabelValues(c.String()), failed.WithLabelValues(c.String())
	}
	return errors.Join(r.Register(took), r.Register(failed))
}

// ended notes how a call went.
func (v *Vault) ended(ctx context.Context, c vaultCall, began time.Time, err *error) {
	v.took[c].Observe(time.Since(began).Seconds())
	switch {
	case *err == nil && c.adds() && c != createKeys: // keys that are there already are not stored
		v.refused.Store(nil)
	case *err == nil || !v.desk.IsFault(*err) || ctx.Err() != nil:
	default:
		v.failed[c].Inc()
		where := fault.Vault
		if v.desk.OfDestructions(*err) {
			where = fault.Lists
		}
		v.desk.Take(ctx, where, c.String(), *err)
		if c.adds() {
			v.refused.Store(&refusedAt{time.Now(), *err})
		}
	}
}

// CreateKeys implements vault.Vault, as all that follows.
func (v *Vault) CreateKeys(ctx context.Context, names ...string) (_ []*vault.Key, err error) {
	defer v.ended(ctx, createKeys, time.Now(), &err)
	return v.Portable.CreateKeys(ctx, names...)
}

func (v *Vault) Key(ctx context.Context, name string) (_ *vault.Key, err error) {
	defer v.ended(ctx, readKey, time.Now(), &err)
	return v.Portable.Key(ctx, name)
}

func (v *Vault) Keys(ctx context.Context, names ...string) (_ []*vault.Key, err error) {
	defer v.ended(ctx, readKeys, time.Now(), &err)
	return v.Portable.Keys(ctx, names...)
}

func (v *Vault) DestroyKeys(ctx context.Context, names ...string) (err error) {
	defer v.ended(ctx, destroyKeys, time.Now(), &err)
	return v.Portable.DestroyKeys(ctx, names...)
}

func (v *Vault) InsertIdentifier(ctx context.Context, digest vault.Digest, claim uuid.UUID) (_ uuid.UUID, err error) {
	defer v.ended(ctx, insertIdentifier, time.Now(), &err)
	return v.Portable.InsertIdentifier(ctx, digest, claim)
}

func (v *Vault) Identifier(ctx context.Context, digest vault.Digest) (_ uuid.UUID, err error) {
	defer v.ended(ctx, readIdentifier, time.Now(), &err)
	return v.Portable.Identifier(ctx, digest)
}

func (v *Vault) DeleteIdentifier(ctx context.Context, claim uuid.UUID) (err error) {
	defer v.ended(ctx, deleteIdentifier, time.Now(), &err)
	return v.Portable.DeleteIdentifier(ctx, claim)
}

func (v *Vault) PutSecret(ctx context.Context, name string, secret []byte) (err error) {
	defer v.ended(ctx, putSecret, time.Now(), &err)
	return v.Portable.PutSecret(ctx, name, secret)
}

func (v *Vault) Secret(ctx context.Context, name string) (_ []byte, err error) {
	defer v.ended(ctx, readASecret, time.Now(), &err)
	return v.Portable.Secret(ctx, name)
}

func (v *Vault) DestroySecrets(ctx context.Context, names ...string) (err error) {
	defer v.ended(ctx, destroySecrets, time.Now(), &err)
	return v.Portable.DestroySecrets(ctx, names...)
}

func (v *Vault) Ping(ctx context.Context) (err error) {
	defer v.ended(ctx, ping, time.Now(), &err)
	return v.Portable.Ping(ctx)
}
