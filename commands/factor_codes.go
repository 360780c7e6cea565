package commands

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"slices"

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
	var codes []string
	out, err := k.changeOwn(func(ctx context.Context, a *domain.Account, head journal.Head) ([]any, error) {
		made, hashes, err := k.newCodes(ctx, head)
		if err != nil {
			return nil, err
		}
		codes = made
		return a.MakeRecoveryCodes(id, k.Caller.Level, hashes, k.now)
	}).by(ctx, k)
	if err != nil {
		return FactorAdded{}, err
	}
	return k.factorAdded(ctx, out, id, codes)
}

// addFactor enrols a factor, and makes recovery codes if the account has none. again refuses one that another request has enrolled.
func (k *call) addFactor(ctx context.Context, in domain.EnrolFactor, again error) (FactorAdded, error) {
	in.CodesID = k.codesID()
	var codes []string
	out, err := k.changeOwn(func(ctx context.Context, a *domain.Account, head journal.Head) ([]any, error) {
		if a.FactorOf(in.ID) != nil {
			return nil, again
		}
		var err error
		if codes, in.Codes, err = k.newCodes(ctx, head); err != nil {
			return nil, err
		}
		return a.EnrolFactor(in, k.now)
	}).by(ctx, k)
	if err != nil {
		return FactorAdded{}, err
	}
	return k.factorAdded(ctx, out, in.ID, codes)
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
	secret, err := k.secret(ctx, "recovery codes", k.factTime(head))
	if err != nil {
		return nil, domain.RecoveryCodeHashes{}, err
	}
	codes, hashes := codesFrom(secret)
	return codes, domain.RecoveryCodeHashes(hashes), nil
}

func codesFrom(secret []byte) ([]string, passwords.LookUpHashes) {
	return passwords.NewLookUps(func(purpose string, n int) []byte {
		b, err := hkdf.Key(sha256.New, secret, nil, "accountledger/recovery-codes/1/"+purpose, n)
		if err != nil {
			panic(err) // only for far longer keys
		}
		return b
	})
}

// factorAdded tells what a change has enrolled, and finishes it.
func (k *call) factorAdded(ctx context.Context, out changed[*domain.Account], id domain.FactorID, codes []string) (FactorAdded, error) {
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
	if withCodes && out.repeat {
		secret, err := k.secret(ctx, "recovery codes", out.facts[0].At)
		if err != nil {
			return FactorAdded{}, err
		}
		codes, _ = codesFrom(secret)
	}
	if !withCodes {
		codes = nil
	}
	e, ok := enrolled.Event.(domain.FactorEnrolled)
	if !ok { // a repeat of something else
		return FactorAdded{}, domain.ErrRepeated
	}
	view, err := k.factorView(ctx, &domain.Factor{FactorEnrolled: e, Fact: enrolled, Name: e.Name, NameFact: enrolled})
	if e.Kind == domain.FactorRecoveryCodes {
		view.Left = passwords.LookUps
	}
	return FactorAdded{view, slices.Clone(codes)}, err
}

// Format prints [personal] for every verb.
func (FactorAdded) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (FactorAdded) LogValue() slog.Value { return hidden() }
