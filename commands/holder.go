package commands

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/passwords"
	"accountledger/vault"
)

// holder is the owner of an identifier; its secret is empty if there is none.
type holder struct {
	id      uuid.UUID
	kind    domain.ActorKind
	secret  string
	account *domain.Account
	roles   []domain.Role
	ownerAt int64
}

func (k *call) holder(ctx context.Context, digest vault.Digest, staff bool) (holder, error) {
	if staff {
		return k.officerHolder(ctx, digest)
	}
	claim, err := k.claimOfHolder(ctx, digest)
	if err != nil {
		return holder{}, err
	}
	owner := claim.Account
	if owner.IsZero() { // as much is read for nobody
		owner.UUID = domain.Derive(uuid.UUID(digest[:16]), "nobody")
	}
	account, err := k.holdersAccount(ctx, owner)
	if err != nil || !claim.Held() || !account.Exists() {
		return holder{kind: domain.ActorPerson}, err
	}
	return holder{id: account.ID.UUID, kind: domain.ActorPerson, secret: domain.AccountSecret(account.ID), account: account, ownerAt: account.Version}, nil
}

// claimOfHolder reads the claim on an identifier and, concurrently, what a sign-in of its last known owner needs.
func (k *call) claimOfHolder(ctx context.Context, digest vault.Digest) (claim *domain.Claim, err error) {
	id, err := k.claimID(ctx, digest)
	if err != nil {
		return nil, err
	}
	known, ok := k.claimStream(id).cached()
	if !ok {
		_, claim, err = k.claimOf(ctx, digest)
		return claim, err
	}
	err = k.beside(ctx, func(ctx context.Context) error {
		_, err := k.holdersAccount(ctx, known.Account)
		return err
	}, func(ctx context.Context) (err error) {
		claim, err = stateOf(ctx, k.claimStream(id))
		return err
	})
	return claim, err
}

// holdersAccount reads an account and, concurrently, what a new session is added to.
func (k *call) holdersAccount(ctx context.Context, id domain.AccountID) (a *domain.Account, err error) {
	err = k.beside(ctx, func(ctx context.Context) (err error) {
		a, err = k.account(ctx, id)
		return err
	}, func(ctx context.Context) error { return k.readSessions(ctx, id.UUID) })
	return a, err
}

// readSessions reads the months' sessions that a new one is added to, and the clients that are known.
func (k *call) readSessions(ctx context.Context, owner uuid.UUID) error {
	months := k.sessionMonths()
	return k.besideEach(ctx, len(months)+1, func(ctx context.Context, i int) error {
		if i == len(months) {
			_, err := k.clientsStream(owner).read(ctx)
			return err
		}
		_, err := k.sessionsStream(owner, months[i]).read(ctx)
		return err
	})
}

func (k *call) officerHolder(ctx context.Context, digest vault.Digest) (holder, error) {
	id, err := k.Vault.Identifier(ctx, digest)
	if errors.Is(err, vault.ErrNotFound) {
		return holder{kind: domain.ActorStaff}, nil
	} else if err != nil {
		return holder{}, err
	}
	var staff *domain.Staff
	if err = k.beside(ctx, func(ctx context.Context) (err error) {
		staff, err = stateOf(ctx, k.staffStream(domain.StaffID{UUID: id}))
		return err
	}, func(ctx context.Context) error { return k.readSessions(ctx, id) }); err != nil || !staff.Enrolled {
		return holder{kind: domain.ActorStaff}, err
	}
	return holder{id: id, kind: domain.ActorStaff, secret: domain.StaffSecret(domain.StaffID{UUID: id}), roles: staff.Roles}, nil
}

// rightPassword hashes once, whether or not there is a password to compare with.
func (k *call) rightPassword(ctx context.Context, who holder, p passwords.Password) (bool, error) {
	var stored []byte
	if who.secret != "" {
		var err error
		stored, err = k.Vault.Secret(ctx, who.secret)
		if err != nil && !errors.Is(err, vault.ErrNotFound) && !errors.Is(err, vault.ErrDestroyed) {
			return false, err
		}
	}
	if stored == nil {
		return false, k.Hasher.VerifyNothing(ctx, p)
	}
	right, old, err := k.Hasher.Verify(ctx, p, string(stored))
	if err != nil || !right || !old {
		return right, err
	}
	renewed, err := k.Hasher.Hash(ctx, p)
	if err != nil {
		return true, nil //nolint:nilerr // the old hash is still valid; the next sign-in tries again
	}
	return true, k.Vault.PutSecret(ctx, who.secret, []byte(renewed))
}

// renewed reads a person's account again. What was proven took its time: they may have signed out everywhere meanwhile, or had the account
// erased.
func (k *call) renewed(ctx context.Context, who holder) (holder, error) {
	if who.account == nil {
		return who, nil
	}
	now, err := k.account(again(ctx), who.account.ID)
	if err != nil {
		return holder{}, err
	}
	if !now.Exists() || standingOf(now).gone {
		return holder{}, domain.ErrCredentials
	}
	who.account, who.ownerAt = now, now.Version
	return who, nil
}
