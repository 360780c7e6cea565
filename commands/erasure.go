package commands

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/vault"
)

// ErasureView is the state of an erasure.
type ErasureView struct {
	// ID gives anybody who has it access to this state, so that a person can see the erasure completed without signing in.
	ID        string
	State     domain.ErasureState
	Requested time.Time
	Due       time.Time
	Ended     time.Time
	// Final is when the erased data became unreadable everywhere, whatever copies of the vault exist; zero before that, and
	// if it is not known.
	Final time.Time
	// CopiesUntil is until when backups may hold the erased keys, wrapped; zero if not known yet.
	CopiesUntil time.Time
}

// erasureID names an account's erasure, with a keyed hash so that it cannot be guessed.
func (c *core) erasureID(id domain.AccountID) string {
	mac := c.keys.erasures.MAC([]byte("erasure"), id.UUID[:])
	return id.String() + "." + hex.EncodeToString(mac[:16])
}

func (c *core) parseErasureID(s string) (domain.AccountID, bool) {
	text, _, _ := strings.Cut(s, ".")
	id, ok := domain.ParseID(text)
	account := domain.AccountID{UUID: id}
	return account, ok && subtle.ConstantTimeCompare([]byte(s), []byte(c.erasureID(account))) == 1
}

func (c *core) erasureView(a *domain.Account) ErasureView {
	return ErasureView{ID: c.erasureID(a.ID), State: a.Erasure.State, Requested: a.Erasure.RequestedAt, Due: a.Erasure.Due, Ended: a.Erasure.EndedAt}
}

// RequestErasure requests the erasure of the caller's account after the grace period. A repeat under the same Idempotency-Key
// gets the first answer, whatever the erasure's state; AuthenticateErased decides who may still repeat it.
type RequestErasure struct{}

func (k *call) requestErasure(ctx context.Context, _ RequestErasure) (ErasureView, error) {
	a, facts, err := k.change(ctx, k.Caller.Account, func(a *domain.Account) ([]any, error) {
		return a.RequestErasure(k.Config.Grace, k.now)
	})
	if err != nil {
		return ErasureView{}, err
	}
	e := facts[0].Event.(domain.ErasureRequested) //nolint:forcetypeassert // decided above
	return ErasureView{ID: k.erasureID(a.ID), State: domain.ErasureWaiting, Requested: facts[0].At, Due: e.Due}, nil
}

// Erasure names one erasure.
type Erasure struct {
	ID string `json:"id"`
}

// seeErasure returns the state to anybody who has the id.
func (k *call) seeErasure(ctx context.Context, in Erasure) (ErasureView, error) {
	id, ok := k.parseErasureID(in.ID)
	if !ok {
		return ErasureView{}, domain.ErrNotFound
	}
	a, _, err := k.account(ctx, id)
	if err != nil {
		return ErasureView{}, err
	}
	if a.Erasure.State == domain.ErasureNone {
		return ErasureView{}, domain.ErrNotFound
	}
	return k.final(ctx, k.erasureView(a)), nil
}

// cancelErasure keeps the caller's account while the erasure is pending. Repeated, it gives the same answer.
func (k *call) cancelErasure(ctx context.Context, in Erasure) (ErasureView, error) {
	id, ok := k.parseErasureID(in.ID)
	if !ok || id != k.Caller.Account {
		return ErasureView{}, domain.ErrNotFound
	}
	a, _, err := k.change(ctx, id, (*domain.Account).CancelErasure)
	if err != nil {
		return ErasureView{}, err
	}
	return k.erasureView(a), nil
}

// SettleErasure starts an erasure that is due, and completes a started one.
type SettleErasure struct {
	Account domain.AccountID `json:"account"`
}

// settleErasure is for the process that handles deadlines and finishes interrupted work. Each step is idempotent.
func (k *call) settleErasure(ctx context.Context, in SettleErasure) (ErasureView, error) {
	var a *domain.Account
	err := retry(ctx, func(ctx context.Context) error {
		var err error
		var started bool
		if a, started, err = k.startErasure(ctx, in.Account); err != nil || !started {
			return err
		}
		return k.eraseAll(ctx, a)
	})
	if err != nil || a == nil {
		return ErasureView{}, err
	}
	return k.erasureView(a), nil
}

// startErasure reports whether there is an erasure to carry out.
func (k *call) startErasure(ctx context.Context, id domain.AccountID) (*domain.Account, bool, error) {
	a, head, err := k.account(ctx, id)
	if err != nil {
		return a, false, err
	}
	if a.Erasure.State == domain.ErasureRunning {
		return a, true, nil
	}
	events := a.StartErasure(k.now)
	if len(events) == 0 {
		return a, false, nil
	}
	asked := a.Erasure.RequestedBy
	done, err := k.step(ctx, head, asked, asked, about{subject: id, region: a.Region}, events[0])
	if err != nil {
		return a, false, err
	}
	return a, true, a.Apply(done.Facts[0])
}

// eraseAll retires the claim, deletes the identifier's row, destroys keys and secrets, and then completes the erasure.
func (k *call) eraseAll(ctx context.Context, a *domain.Account) error {
	asked := a.Erasure.RequestedBy
	if err := k.retireClaim(ctx, a); err != nil {
		return err
	}
	// A vault that never had the key is another vault or an older copy, and cannot vouch for the key's destruction.
	if _, err := k.Vault.Key(ctx, domain.AccountKey(a.ID)); errors.Is(err, vault.ErrNotFound) {
		return fmt.Errorf("%w: %q, needed to carry out an erasure", journal.ErrKeyUnknown, domain.AccountKey(a.ID))
	} else if err != nil && !errors.Is(err, vault.ErrDestroyed) && !errors.Is(err, vault.ErrCorrupt) && !errors.Is(err, vault.ErrMasterKey) {
		return err
	}
	keys := []string{domain.AccountKey(a.ID), domain.IdentifierKey(a.Opened.Claim)}
	end := a.EndErasure()
	for _, id := range a.DeviceIDs() {
		keys = append(keys, domain.DeviceKey(id))
	}
	err := errors.Join(
		k.Vault.DeleteIdentifier(ctx, a.Opened.Claim.UUID),
		k.Vault.DestroySecrets(ctx, accountSecret(a.ID)),
		k.Journal.Destroy(ctx, keys...))
	if err != nil {
		return err
	}
	if err := k.forgetElsewhere(a.ID); err != nil {
		return err
	}
	now, head, err := k.account(ctx, a.ID)
	if err != nil {
		return err
	}
	if now.Erasure.Done() { // somebody else was quicker
		*a = *now
		return nil
	}
	done, err := k.step(ctx, head, asked, asked, about{subject: a.ID, region: a.Region}, end...)
	if err != nil {
		return err
	}
	for _, f := range done.Facts {
		if err := a.Apply(f); err != nil {
			return err
		}
	}
	return nil
}

func (k *call) retireClaim(ctx context.Context, a *domain.Account) error {
	claim, head, err := k.claim(ctx, a.Opened.Claim)
	if err != nil || !claim.Held() || claim.Account != a.ID {
		return err
	}
	asked := a.Erasure.RequestedBy
	_, err = k.step(ctx, head, asked, asked, about{subject: a.ID, region: a.Region}, domain.IdentifierRetired{})
	return err
}

func (c *core) forgetElsewhere(id domain.AccountID) error {
	if c.Forget == nil {
		return nil
	}
	return c.Forget(id)
}
