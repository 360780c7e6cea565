package commands

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"time"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passwords"
)

// FactorAdded is a new factor, and the recovery codes that were made with it, if any. They are shown only here.
type FactorAdded struct {
	Factor Factor
	Codes  []string
}

// makeCodes makes a set of recovery codes, which ends the one before.
func (k *call) makeCodes(ctx context.Context, _ struct{}) (FactorAdded, error) {
	id := k.codesID()
	out, err := k.changeOwn(func(ctx context.Context, a *domain.Account, head journal.Head) ([]any, error) {
		_, hashes, err := k.newCodes(ctx, head)
		if err != nil {
			return nil, err
		}
		return a.MakeRecoveryCodes(id, k.Caller.Level, hashes, k.now)
	}).by(ctx, k)
	if err != nil {
		return FactorAdded{}, err
	}
	return k.factorAdded(ctx, out, id)
}

// addFactor enrols a factor, and makes recovery codes if the account has none. again refuses one that another request has enrolled.
func (k *call) addFactor(ctx context.Context, in domain.EnrolFactor, again error) (FactorAdded, error) {
	in.CodesID = k.codesID()
	out, err := k.changeOwn(func(ctx context.Context, a *domain.Account, head journal.Head) (_ []any, err error) {
		if a.FactorOf(in.ID) != nil {
			return nil, again
		}
		in.Codes = domain.RecoveryCodeHashes{}
		if len(a.FactorsOf(domain.FactorRecoveryCodes)) == 0 {
			if _, in.Codes, err = k.newCodes(ctx, head); err != nil {
				return nil, err
			}
		}
		return a.EnrolFactor(in, k.now)
	}).by(ctx, k)
	if err != nil {
		return FactorAdded{}, err
	}
	return k.factorAdded(ctx, out, in.ID)
}

// changeOwn is a change of the caller's account that depends on its time.
func (k *call) changeOwn(decide func(context.Context, *domain.Account, journal.Head) ([]any, error)) change[*domain.Account] {
	return change[*domain.Account]{stream: k.accountStream(k.Caller.Account), about: ofAccount, decide: decide}
}

func (k *call) codesID() domain.FactorID {
	return domain.FactorID{UUID: domain.Derive(k.command.UUID, "recovery codes")}
}

// newCodes makes recovery codes from the command, so that a repeat is shown the same ones.
func (k *call) newCodes(ctx context.Context, head journal.Head) ([]string, domain.RecoveryCodeHashes, error) {
	random, err := k.codesRandom(ctx, k.factTime(head))
	if err != nil {
		return nil, domain.RecoveryCodeHashes{}, err
	}
	codes, hashes := passwords.NewLookUps(random)
	return codes, domain.RecoveryCodeHashes(hashes), nil
}

// codesAt are the codes that newCodes made of the command at a time.
func (k *call) codesAt(ctx context.Context, at time.Time) ([]string, error) {
	random, err := k.codesRandom(ctx, at)
	if err != nil {
		return nil, err
	}
	return passwords.LookUpCodes(random), nil
}

// codesRandom is what the codes of the command at a time are made of.
func (k *call) codesRandom(ctx context.Context, at time.Time) (func(purpose string, n int) []byte, error) {
	secret, err := k.secret(ctx, "recovery codes", at)
	return func(purpose string, n int) []byte {
		b, err := hkdf.Key(sha256.New, secret, nil, "accountledger/recovery-codes/1/"+purpose, n)
		if err != nil {
			panic(err) // only for far longer keys
		}
		return b
	}, err
}

// factorAdded tells what a change has enrolled, and finishes it.
func (k *call) factorAdded(ctx context.Context, out changed[*domain.Account], id domain.FactorID) (added FactorAdded, err error) {
	withCodes, enrolled := false, domain.Fact{}
	for _, f := range out.facts {
		if e, ok := f.Event.(domain.FactorEnrolled); ok {
			withCodes = withCodes || e.Kind == domain.FactorRecoveryCodes
			if e.Factor == id {
				enrolled = f
			}
		}
	}
	if err := k.forgetFactors(ctx, out.facts); err != nil {
		return FactorAdded{}, err
	}
	if withCodes {
		if added.Codes, err = k.codesAt(ctx, out.facts[0].At); err != nil {
			return FactorAdded{}, err
		}
	}
	e, ok := enrolled.Event.(domain.FactorEnrolled)
	if !ok { // a repeat of something else
		return FactorAdded{}, domain.ErrRepeated
	}
	added.Factor, err = k.factorView(ctx, &domain.Factor{FactorEnrolled: e, Fact: enrolled, Name: e.Name, NameFact: enrolled})
	if e.Kind == domain.FactorRecoveryCodes {
		added.Factor.Left = passwords.LookUps
	}
	return added, err
}

// Format prints [personal] for every verb.
func (FactorAdded) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (FactorAdded) LogValue() slog.Value { return hidden() }
