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
	out, err := k.change(ctx, k.Caller.Account, func(a *domain.Account) ([]any, error) {
		return a.RequestErasure(k.Config.Grace, k.now)
	})
	if err != nil {
		return ErasureView{}, err
	}
	f := out.facts[0]
	e := f.Event.(domain.ErasureRequested) // decided above
	return ErasureView{ID: k.erasureID(k.Caller.Account), State: domain.ErasureWaiting, Requested: f.At, Due: e.Due}, nil
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
	a, err := k.account(ctx, id)
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
	c := k.changeAccount(id, (*domain.Account).CancelErasure)
	c.mayKeep = true // it was cancelled before
	out, err := c.by(ctx, k)
	if err != nil {
		return ErasureView{}, err
	}
	return k.erasureView(out.state), nil
}

// SettleErasure tells the person once more of an erasure that comes near, starts one that is due, and completes a started one.
type SettleErasure struct {
	Account domain.AccountID `json:"account"`
}

// settleErasure is for the process that handles deadlines and finishes interrupted work. Each step is idempotent.
func (k *call) settleErasure(ctx context.Context, in SettleErasure) (ErasureView, error) {
	c := k.changeAccount(in.Account, func(a *domain.Account) ([]any, error) {
		if start := a.StartErasure(k.now); start != nil {
			return start, nil
		}
		return a.RemindOfErasure(k.now), nil
	})
	c.about, c.mayKeep = ofErasure, true // not due, or begun already
	out, err := c.by(ctx, k)
	if err != nil {
		return ErasureView{}, err
	}
	a := out.state
	if a.Erasure.State == domain.ErasureRunning {
		if a, err = k.eraseAll(ctx, a); err != nil {
			return ErasureView{}, err
		}
	}
	return k.erasureView(a), nil
}

// ofErasure: the steps of an erasure follow from its request.
func ofErasure(a *domain.Account) about {
	return ofAccount(a).after(a.Erasure.RequestedBy, a.Erasure.RequestedBy)
}

// eraseAll retires the claims, deletes the identifiers' rows, destroys the keys, and then completes the erasure.
func (k *call) eraseAll(ctx context.Context, a *domain.Account) (*domain.Account, error) {
	held := a.Holdings()
	for _, claim := range held.Claims {
		if err := k.retireClaim(ctx, a, claim); err != nil {
			return a, err
		}
	}
	// A vault that never had the key is another vault or an older copy, and cannot vouch for the key's destruction.
	if _, err := k.Vault.Key(ctx, domain.AccountKey(a.ID)); errors.Is(err, vault.ErrNotFound) {
		return a, fmt.Errorf("%w: %q, needed to carry out an erasure", journal.ErrKeyUnknown, domain.AccountKey(a.ID))
	} else if err != nil && !errors.Is(err, vault.ErrDestroyed) && !errors.Is(err, vault.ErrCorrupt) && !errors.Is(err, vault.ErrMasterKey) {
		return a, err
	}
	var err error
	for _, claim := range held.Claims {
		err = errors.Join(err, k.Vault.DeleteIdentifier(ctx, claim.UUID))
	}
	// In two steps, the account's own key last, so that a list of destructions shows even by the latest erasure that a ledger is older than it.
	err = errors.Join(err, k.Journal.Destroy(ctx, held.Keys[1:]...), k.Journal.Destroy(ctx, held.Keys[0]))
	if err != nil {
		return a, err
	}
	if err := k.forgetElsewhere(a.ID); err != nil {
		return a, err
	}
	c := k.changeAccount(a.ID, func(a *domain.Account) ([]any, error) {
		if a.Erasure.Done() {
			return nil, nil
		}
		return a.EndErasure(), nil
	})
	c.about, c.mayKeep = ofErasure, true // somebody else was quicker
	out, err := c.by(ctx, k)
	return out.state, err
}

func (k *call) retireClaim(ctx context.Context, a *domain.Account, claim domain.ClaimID) error {
	_, err := change[*domain.Claim]{stream: k.claimStream(claim), about: concerning[*domain.Claim](ofErasure(a)), mayKeep: true,
		decide: func(_ context.Context, c *domain.Claim, _ journal.Head) ([]any, error) {
			if !c.Held() || c.Account != a.ID {
				return nil, nil
			}
			return []any{domain.IdentifierRetired{}}, nil
		}}.by(ctx, k)
	return err
}

func (c *core) forgetElsewhere(id domain.AccountID) error {
	if c.Forget == nil {
		return nil
	}
	return c.Forget(id)
}
