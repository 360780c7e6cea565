package commands

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passwords"
	"accountledger/vault"
)

// holder is the owner of an identifier: a person with an account or an officer. The id is zero if there is none.
type holder struct {
	id      uuid.UUID
	kind    domain.ActorKind
	account *domain.Account // a person's
	secret  string          // the name of an officer's
	roles   []domain.Role
	ownerAt int64
}

func (k *call) holder(ctx context.Context, digest vault.Digest, staff bool) (holder, error) {
	if staff {
		return k.officerHolder(ctx, digest)
	}
	id, claim, err := k.claimOfHolder(ctx, digest)
	if err != nil {
		return holder{}, err
	}
	owner := claim.Account
	if owner.IsZero() { // as much is read for nobody
		owner.UUID = domain.Derive(uuid.UUID(digest[:16]), "nobody")
	}
	account, err := k.holdersAccount(ctx, owner)
	if err != nil {
		return holder{kind: domain.ActorPerson}, err
	}
	if _, has := account.Contact(id); !claim.Held() || !has { // nobody signs in by an address that was removed
		return holder{kind: domain.ActorPerson}, nil
	}
	return holder{id: account.ID.UUID, kind: domain.ActorPerson, account: account, ownerAt: account.Version}, nil
}

// claimOfHolder reads the claim on an identifier and, concurrently, what a sign-in of its last known owner needs.
func (k *call) claimOfHolder(ctx context.Context, digest vault.Digest) (id domain.ClaimID, claim *domain.Claim, err error) {
	id, err = k.claimID(ctx, digest)
	if err != nil {
		return id, nil, err
	}
	known, ok := k.claimStream(id).cached()
	if !ok {
		return k.claimOf(ctx, digest)
	}
	err = k.beside(ctx, func(ctx context.Context) error {
		_, err := k.holdersAccount(ctx, known.Account)
		return err
	}, func(ctx context.Context) (err error) {
		claim, err = stateOf(ctx, k.claimStream(id))
		return err
	})
	return id, claim, err
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
	return holder{id: id, kind: domain.ActorStaff, secret: domain.StaffSecret(domain.StaffID{UUID: id}), roles: staff.Roles,
		ownerAt: staff.Version}, nil
}

// rightPassword hashes once, whether or not there is a password to compare with.
func (k *call) rightPassword(ctx context.Context, who holder, p passwords.Password) (bool, error) {
	stored, err := k.storedHash(ctx, who)
	switch {
	case err != nil:
		return false, err
	case stored == "":
		return false, k.Hasher.VerifyNothing(ctx, p)
	}
	right, old, err := k.Hasher.Verify(ctx, p, stored)
	if err != nil || !right || !old {
		return right, err
	}
	renewed, err := k.Hasher.Hash(ctx, p)
	if err != nil {
		return true, nil //nolint:nilerr // the old hash is still valid; the next sign-in tries again
	}
	if who.account == nil {
		return true, k.Vault.PutSecret(ctx, who.secret, []byte(renewed))
	}
	return true, k.rehash(ctx, who.account, domain.PasswordHash(renewed))
}

// storedHash is the hash of the holder's password, empty if there is none.
func (k *call) storedHash(ctx context.Context, who holder) (string, error) {
	if who.account != nil {
		hash, err := journal.Open(ctx, k.Journal, who.account.Password.Fact, who.account.Password.Hash)
		if errors.Is(err, journal.ErrUnreadable) {
			err = nil
		}
		return string(hash), err
	}
	if who.secret == "" {
		return "", nil
	}
	hash, err := k.Vault.Secret(ctx, who.secret)
	if errors.Is(err, vault.ErrNotFound) || errors.Is(err, vault.ErrDestroyed) {
		err = nil
	}
	return string(hash), err
}

// rehash keeps another hash of the password that an account has.
func (k *call) rehash(ctx context.Context, a *domain.Account, hash domain.PasswordHash) error {
	c := k.changeAccount(a.ID, func(now *domain.Account) ([]any, error) { return now.Rehash(a.Password.ID, hash), nil })
	c.mayKeep = true // changed meanwhile
	_, err := c.by(ctx, k.aside("rehash"))
	return err
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
