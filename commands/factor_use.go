package commands

import (
	"context"
	"errors"
	"slices"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passwords"
	"accountledger/totp"
)

// factorUse is what a factor is used for.
type factorUse struct {
	what  domain.FactorUse
	bound []byte   // what the challenge of a passkey was made for: a sign-in, a session or a recovery
	by    [][]byte // what wrong codes are counted by besides the account; none after its right password
}

// useFactor proves an account's owner by a factor and records its use: one append, which lets the same evidence pass once. A wrong one is refused
// with the error of its method.
func (k *call) useFactor(ctx context.Context, a *domain.Account, e Evidence, method domain.AuthMethod, use factorUse) error {
	switch method {
	case domain.MethodTOTP:
		return k.useTOTP(ctx, a, e.TOTP, use)
	case domain.MethodPasskey:
		by := proofBy{purpose: purposes[use.what], bound: use.bound, uv: verification(a), what: use.what}
		answer, err := k.checkAssertion(e.Passkey, by)
		if err != nil {
			return err
		}
		_, err = k.usePasskey(ctx, a, answer, by)
		return err
	case domain.MethodRecoveryCode:
		return k.useCode(ctx, a, e.RecoveryCode, use.what)
	default:
		return domain.ErrNotAWay
	}
}

// wrongFactor reports whether an error says that evidence was wrong.
func wrongFactor(err error) bool {
	return errors.Is(err, domain.ErrTOTP) || errors.Is(err, domain.ErrPasskey) || errors.Is(err, domain.ErrRecoveryCode)
}

// useTOTP tries the code on each of the account's authenticator apps. Too many wrong ones make all of them wait, and nothing else.
func (k *call) useTOTP(ctx context.Context, a *domain.Account, code string, use factorUse) error {
	counters, err := k.counters(ctx, limit{domain.AttemptTOTP, k.Config.Limits.TOTP, append([][]byte{a.ID.UUID[:]}, use.by...)})
	if err != nil {
		return err
	}
	done, err := k.attempt(counters)
	if err != nil {
		return err
	}
	defer func() { _ = done(ctx, false) }()
	for _, f := range a.FactorsOf(domain.FactorTOTP) {
		secret, err := journal.Open(ctx, k.Journal, f.Fact, f.Secret)
		if err != nil {
			return err
		}
		err = k.useStep(ctx, a, f, totp.Matching(secret.Seed, code, k.now), use.what)
		if !errors.Is(err, domain.ErrTOTP) {
			return err
		}
	}
	return errors.Join(domain.ErrTOTP, done(ctx, true))
}

// useStep records that a code of one of the matching steps passed. The restore of a ledger forgets which have: none from before it passes then.
func (k *call) useStep(ctx context.Context, a *domain.Account, f *domain.Factor, matching []int64, what domain.FactorUse) error {
	if at := k.restored.Load(); f.Fact.Restored && at != nil {
		matching = slices.DeleteFunc(matching, func(step int64) bool { return step <= totp.Step(at.time)+1 })
	}
	_, err := k.changeUses(a, f.Factor, func(u *domain.FactorUses, _ journal.Head) ([]any, error) {
		return u.UseStep(f.Factor, matching, what)
	}).by(ctx, k)
	return err
}

// useCode uses a recovery code up. Codes are too long to be guessed, so nothing is counted.
func (k *call) useCode(ctx context.Context, a *domain.Account, code string, what domain.FactorUse) error {
	sets := a.FactorsOf(domain.FactorRecoveryCodes)
	if len(sets) == 0 {
		return domain.ErrRecoveryCode
	}
	f := sets[0] // there is one at a time
	secret, err := journal.Open(ctx, k.Journal, f.Fact, f.Secret)
	if err != nil {
		return err
	}
	n, ok := passwords.LookUpHashes(secret.Codes).Match(domain.CleanCode(code))
	if !ok {
		return domain.ErrRecoveryCode
	}
	_, err = k.changeUses(a, f.Factor, func(u *domain.FactorUses, _ journal.Head) ([]any, error) {
		return u.UseCode(f.Factor, n+1, len(secret.Codes.Hashes), what)
	}).by(ctx, k)
	return err
}

// changeUses is a change of what a factor of an account was used for.
func (k *call) changeUses(a *domain.Account, id domain.FactorID,
	decide func(*domain.FactorUses, journal.Head) ([]any, error)) change[*domain.FactorUses] {
	return change[*domain.FactorUses]{stream: k.factorStream(id), about: concerning[*domain.FactorUses](ofAccount(a)),
		decide: func(_ context.Context, u *domain.FactorUses, head journal.Head) ([]any, error) {
			return decide(u, head)
		}}
}
