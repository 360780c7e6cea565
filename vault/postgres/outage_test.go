//go:build engines

package postgres_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/faults/network"
	"accountledger/internal/await"
	"accountledger/vault"
	"accountledger/vault/postgres"
)

// soon bounds a call that does not wait for the server.
const soon = time.Second

// While the server is silent calls fail immediately with an error that says since when, and work again by themselves when it answers.
func TestASilentServer(t *testing.T) {
	for how, silence := range map[string]func(t *testing.T, p *network.Proxy){
		"frozen":            func(_ *testing.T, p *network.Proxy) { p.Freeze() },
		"blackholed":        func(t *testing.T, p *network.Proxy) { ok(t, p.Blackhole()) },
		"requests are lost": func(_ *testing.T, p *network.Proxy) { p.LoseRequests() },
		"answers are lost":  func(_ *testing.T, p *network.Proxy) { p.LoseAnswers() },
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			p, master := newPlace(t), newMaster(t)
			proxy, far := p.behindProxy(t)
			v := far.open(t, postgres.Options{}, master)
			createKeys(t, v, "account/1")
			ok(t, v.Health())

			silence(t, proxy)
			began := time.Now()
			if err := v.Ping(t.Context()); !errors.Is(err, vault.ErrUnavailable) {
				t.Errorf("error %v", err)
			}
			var outage *vault.OutageError
			await.Until(t, "the silence is known", func() bool { return errors.As(v.Health(), &outage) })
			if took := time.Since(began); took > 10*time.Second || outage.Since.Before(began.Add(-soon)) {
				t.Errorf("known after %s, since %s", took, outage.Since.Sub(began))
			}
			began = time.Now()
			_, key := v.Key(t.Context(), "account/1")
			for _, err := range []error{key, v.Ping(t.Context()), v.PutSecret(t.Context(), "a", []byte("b")), v.DestroyKeys(t.Context(), "c"),
				v.Dump(t.Context(), nil)} {
				if !errors.As(err, &outage) || !errors.Is(err, vault.ErrUnavailable) {
					t.Errorf("error %v", err)
				}
			}
			if took := time.Since(began); took > soon {
				t.Errorf("they took %s", took)
			}

			proxy.Flow()
			await.Until(t, "it answers", func() bool { return v.Health() == nil && v.Ping(t.Context()) == nil })
			_, err := v.Key(t.Context(), "account/1")
			ok(t, err)
		})
	}
}

// If only the existing connections died, as a firewall may cause, pooled ones are not used again.
func TestConnectionsThatDiedSilently(t *testing.T) {
	p, master := newPlace(t), newMaster(t)
	proxy, far := p.behindProxy(t)
	v := far.open(t, postgres.Options{}, master)
	proxy.Freeze()
	await.Until(t, "the silence is known", func() bool { return v.Health() != nil })
	proxy.Cut()
	proxy.Flow()
	await.Until(t, "it answers", func() bool { return v.Health() == nil })
	ok(t, v.Ping(t.Context()))
}

// A server that is put back under a running process is noticed: it is no longer used, and the vault is not bound to a position
// in the log whose keys it lacks.
func TestAServerPutBackUnderAProcess(t *testing.T) {
	for how, putBack := range map[string]string{
		"its binding": "BEGIN; DELETE FROM keys WHERE name = 'account/2'; UPDATE vault SET at_commit = 10; COMMIT",
		"its numbers": "BEGIN; DELETE FROM keys WHERE name = 'account/2'; UPDATE destructions SET number = 0; COMMIT",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			p, master, log := newPlace(t), newMaster(t), uuid.New()
			v, other := p.open(t, postgres.Options{}, master), p.open(t, postgres.Options{}, master)
			for _, one := range []*postgres.Vault{v, other} {
				createKeys(t, one, "account/1", "account/2", "account/3", "account/4")
				ok(t, one.Bind(t.Context(), vault.Binding{Log: log, Commit: 20, Event: uuid.New()}))
			}
			ok(t, v.DestroyKeys(t.Context(), "account/3"))
			ok(t, other.DestroyKeys(t.Context(), "account/4"))
			lastGiven(t, other, "account/3", vault.ErrDestroyed) // each has heard of the other's
			lastGiven(t, v, "account/4", vault.ErrDestroyed)
			ok(t, v.Health())

			_, err := p.connect(t).Exec(t.Context(), putBack)
			ok(t, err)
			if how == "its binding" { // the other process may be the first to bind again
				_ = other.Bind(t.Context(), vault.Binding{Log: log, Commit: 30, Event: uuid.New()})
			}
			for _, one := range []*postgres.Vault{v, other} {
				var behind *vault.BehindError
				await.Until(t, "it is noticed", func() bool { return errors.As(one.Health(), &behind) })
				_, key := one.Key(t.Context(), "account/1")
				for _, err := range []error{key, one.Ping(t.Context()), one.Bind(t.Context(), vault.Binding{Log: log, Commit: 40, Event: uuid.New()})} {
					if !errors.As(err, &behind) || !errors.Is(err, vault.ErrUnavailable) {
						t.Errorf("error %v", err)
					}
				}
			}
			var at int64
			ok(t, p.connect(t).QueryRow(t.Context(), "SELECT at_commit FROM vault").Scan(&at))
			if how == "its binding" && at != 10 {
				t.Errorf("it was bound to %d", at)
			}
		})
	}
}
