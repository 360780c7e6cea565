package commands

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passwords"
	"accountledger/vault"
)

// Limits are how many attempts are allowed. A process counts before it hashes and gives back what was right; how many more can pass when
// several processes count is said at stepsShared.
type Limits struct {
	// SignIns are refused sign-ins at one identifier from one network or by one known client.
	SignIns Limit
	// Networks are refused sign-ins from one network, whatever the identifiers. Known clients are exempt.
	Networks Limit
	// Raises are refused proofs in one session.
	Raises []Limit
	// TOTP are wrong codes of authenticator apps of one account, after its right password; and apart from those, in one of its sessions.
	TOTP []Limit
	// Codes are wrong codes for one identifier; past it codes are longer, and nobody is refused.
	Codes Limit
	// SignUps are sign-ups from one network.
	SignUps []Limit
	// Links are links that are none, from one network.
	Links Limit
	// Recoveries are those asked for from one network.
	Recoveries []Limit
	// Changes are what one person changes, in each process; Starts are the sessions that they start.
	Changes, Starts Bucket
}

// maxInARow is how many refused sign-ins at one identifier may follow each other before the password alone is not enough any more
// (NIST SP 800-63B-4, 3.2.2: no more than 100): a person's client that is not known needs a code besides, an officer has to use a
// client that is known, or sign in once at the machine.
const maxInARow = 100

// DefaultLimits are the limits by default.
func DefaultLimits() Limits {
	return Limits{
		SignIns:    Limit{20, 15 * time.Minute},
		Networks:   Limit{100, 15 * time.Minute},
		Raises:     []Limit{{20, 15 * time.Minute}, {100, 24 * time.Hour}},
		TOTP:       []Limit{{10, time.Hour}, {30, 24 * time.Hour}},
		Codes:      Limit{20, 24 * time.Hour},
		SignUps:    []Limit{{10, time.Hour}, {40, 24 * time.Hour}},
		Recoveries: []Limit{{10, time.Hour}, {40, 24 * time.Hour}},
		Links:      Limit{20, 15 * time.Minute},
		Changes:    Bucket{Burst: 120, Every: 3 * time.Second},
		Starts:     Bucket{Burst: 60, Every: 2 * time.Minute},
	}
}

// signInCounters are the limits on attempts to sign in at an identifier: the row of refused ones, and what else holds for a client that is
// not known and for one that is. Nobody else can use up what a known one has. Both are read at once, whether or not it is.
type signInCounters struct {
	row              *counter
	network          *counter // nil if the client has no network
	strangers, known []*counter
}

func (k *call) signInCounters(ctx context.Context, digest vault.Digest, client []byte) (s signInCounters, err error) {
	most, network := []Limit{k.Config.Limits.SignIns}, []byte(networkOf(k.Client.Address))
	secret := sha256.Sum256(client)
	limits := []limit{
		inARow(digest),
		{domain.AttemptSignIn, most, [][]byte{digest[:], []byte("by"), secret[:]}},
		{domain.AttemptSignIn, most, [][]byte{digest[:], []byte("from"), network}},
	}
	if len(network) > 0 { // else there is nothing to count by
		limits = append(limits, limit{domain.AttemptNetwork, []Limit{k.Config.Limits.Networks}, [][]byte{network}})
	}
	all, err := k.counters(ctx, limits...)
	if err != nil {
		return s, err
	}
	if len(all) > 3 {
		s.network = all[3]
	}
	return signInCounters{row: all[0], network: s.network, known: []*counter{all[0], all[1]}, strangers: append([]*counter{all[0]}, all[2:]...)}, nil
}

// of are those that an attempt counts against.
func (s *signInCounters) of(known bool) []*counter {
	if known {
		return s.known
	}
	return s.strangers
}

func inARow(digest vault.Digest) limit {
	return limit{kind: domain.AttemptInARow, of: [][]byte{digest[:]}}
}

// guessedAt reports whether there were too many wrong passwords in a row.
func (k *call) guessedAt(row *counter) bool {
	return k.tallies.row(row) >= k.inForce(Limit{Events: maxInARow}).Events
}

// clearRows ends the rows of an account whose owner has proven that they are it.
func (k *call) clearRows(ctx context.Context, a *domain.Account) error {
	for _, c := range a.Contacts {
		contact, err := journal.Open(ctx, k.Journal, c.Fact, c.Contact)
		if err != nil {
			return err
		}
		row, err := k.counter(ctx, inARow(k.digest(spacePeople, contact)))
		if err == nil {
			err = k.clearRow(ctx, row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// turn is the caller's in the queue for hashes: clients take turns by their networks.
func (k *call) turn(ctx context.Context, class passwords.Class) context.Context {
	return passwords.WithTurn(ctx, passwords.Turn{Class: class, Flow: networkOf(k.Client.Address)})
}

// proven checks a password once the limits allow another attempt, and answers a wrong one with a refusal, which is counted. A right one
// that may still refuses, counts as well: else it would be told by it, and hashed for without end. may can be nil.
func (k *call) proven(ctx context.Context, who holder, p passwords.Password, refusal error, counters []*counter, may func() error) error {
	done, err := k.attempt(counters)
	if err != nil {
		return err
	}
	defer func() { _ = done(ctx, false) }()
	right, err := k.rightPassword(ctx, who, p)
	switch {
	case err != nil:
		return err
	case !right:
		return errors.Join(refusal, done(ctx, true))
	case may == nil:
		return nil
	}
	err = may()
	var refused *domain.Error
	if errors.As(err, &refused) {
		err = errors.Join(err, done(ctx, true))
	}
	return err
}

// codes is the limit on wrong codes for a contact.
func (k *call) codes(ctx context.Context, contact domain.Contact) (*counter, error) {
	digest := k.digest(spacePeople, contact)
	return k.counter(ctx, limit{domain.AttemptCode, []Limit{k.Config.Limits.Codes}, [][]byte{digest[:]}})
}

// guessed reports whether there were too many wrong codes for a contact lately; its new codes are then longer.
func (k *call) guessed(ctx context.Context, contact domain.Contact) (bool, error) {
	s, err := k.codes(ctx, contact)
	if err != nil {
		return false, err
	}
	return k.tallies.waits(s, k.now) > 0, nil
}
