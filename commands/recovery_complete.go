package commands

import (
	"context"
	"errors"
	"slices"
	"time"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passwords"
)

// CompleteRecovery sets another password once a recovery is proved.
type CompleteRecovery struct {
	ID       domain.RecoveryID  `json:"id"`
	Handle   string             `json:"-"`
	Password passwords.Password `json:"-"`
	// Evidence is a second factor of the account, if it has one and has not waited.
	Evidence Evidence `json:"-"`
}

// Recovered is the answer. It starts no session: who recovered the account signs in with what they have set.
type Recovered struct {
	Account domain.AccountID
	Guarded time.Time // until when nothing can be done to the account that cannot be undone
	Codes   []string  // other recovery codes, if one of them was shown: they replace all before
	Closing bool      // the account is being erased; signing in, its owner can cancel that
}

// completeRecovery hashes once, and once more for an account whose password is suspended. One append to the account decides: it has the hash,
// ends all sessions, and makes the owner's clients unknown. A crash before it leaves nothing, and one after it only the recovery's end to be
// recorded and keys to be destroyed, which the process that handles deadlines does.
func (k *call) completeRecovery(ctx context.Context, in CompleteRecovery) (Recovered, error) {
	defer k.hold(domain.VerificationStream(domain.VerificationID(in.ID)))()
	s, r, a, err := k.provenRecovery(ctx, in.ID, in.Handle)
	switch {
	case err != nil:
		return Recovered{}, err
	case a.Recoveries.Has(in.ID):
		return k.recoveredBefore(ctx, &r, a, in.Password)
	}
	if s, err = k.stillRecovers(ctx, s, &r, a); err != nil {
		return Recovered{}, err
	}
	if err := k.checkOwnPassword(ctx, a, in.Password, "/password"); err != nil {
		return Recovered{}, err
	}
	turn := k.turn(ctx, passwords.Known)
	if err := k.notSuspended(turn, a, in.Password); err != nil {
		return Recovered{}, err
	}
	without, by, err := k.proveRecoverer(ctx, in, s, a)
	if err != nil {
		return Recovered{}, err
	}
	hash, err := k.Hasher.Hash(turn, in.Password)
	if err != nil {
		return Recovered{}, err
	}
	k.Because = s.ProvedFact.ID
	password, codesID := domain.PasswordID{UUID: domain.Derive(k.command.UUID, "password")}, k.codesID()
	var codes []string
	out, err := change[*domain.Account]{stream: k.accountStream(a.ID), about: ofAccount,
		decide: func(ctx context.Context, a *domain.Account, head journal.Head) ([]any, error) {
			events, err := a.Recover(in.ID, s.Proved, password, domain.PasswordHash(hash), without(a), k.now)
			if err != nil || by != domain.RecoveryByRecoveryCode {
				return events, err
			}
			var hashes domain.RecoveryCodeHashes
			codes, hashes, err = k.newCodes(ctx, head)
			return append(events, a.ReplaceRecoveryCodes(codesID, hashes, k.now)...), err
		}}.by(again(ctx), k)
	if errors.Is(err, domain.ErrRecoveryEnded) { // another one was quicker
		return Recovered{}, errors.Join(err, k.superseded(again(ctx), &r, s))
	} else if err != nil {
		return Recovered{}, err
	}
	position := k.position
	_ = k.finishRecovery(ctx, &r, out.state) // else the process that handles deadlines does
	_ = k.forgetFactors(ctx, out.facts)
	k.position = position
	done := recoveredNow(out.state)
	done.Codes = codes
	return done, nil
}

// proveRecoverer checks what it takes besides the code, and says which factors go with the old password: those on probation, and all that were
// there when the waiting began, after it. by is what was shown, if it was a factor.
func (k *call) proveRecoverer(ctx context.Context, in CompleteRecovery, s *domain.Recovery, a *domain.Account) (without func(*domain.Account) []*domain.Factor,
	by domain.RecoveryProof, err error) {
	needs := k.recoveryNeeds(a)
	switch {
	case domain.RecoveryReady(needs), in.Evidence == Evidence{} && s.Waited(k.now):
		return func(a *domain.Account) []*domain.Factor { return a.Factors }, "", nil
	case in.Evidence == Evidence{}:
		return nil, "", domain.ErrRecoveryWaits
	}
	method, err := in.Evidence.method()
	if err != nil {
		return nil, "", err
	}
	by = domain.RecoveryProof(method)
	if !domain.RecoveryNeedsOnly(needs, by) {
		return nil, "", domain.ErrNotAWay
	}
	untried := func(a *domain.Account) []*domain.Factor { return a.UntriedFactors(k.now) }
	return untried, by, k.useFactor(ctx, a.OnlyTried(k.now), in.Evidence, method, factorUse{domain.UseRecovery, in.ID.UUID[:],
		[][]byte{[]byte("recovery"), in.ID.UUID[:]}})
}

// notSuspended refuses the password that an account has if it is suspended, since somebody else may know it: ErrSamePassword. It helps nobody to
// guess it: any other is set.
func (k *call) notSuspended(ctx context.Context, a *domain.Account, p passwords.Password) error {
	if !a.Disowned {
		return nil
	}
	same, err := k.rightPassword(ctx, holder{id: a.ID.UUID, kind: domain.ActorPerson, account: a}, p)
	if err == nil && same {
		err = domain.ErrSamePassword
	}
	return err
}

func recoveredNow(a *domain.Account) Recovered {
	return Recovered{Account: a.ID, Guarded: a.GuardedUntil, Closing: a.Erasure.UnderWay()}
}

// unproved refuses a recovery whose code was not given, or proves one whose code was, if a crash came between.
func (k *call) unproved(ctx context.Context, s *domain.Recovery, r *domain.VerificationRequest) (*domain.Recovery, error) {
	v, err := k.verification(ctx, r)
	switch {
	case err != nil:
		return nil, err
	case k.recoveryOver(s, r) || v.Ended != "":
		return nil, domain.ErrRecoveryEnded
	case !v.Passed:
		return nil, domain.ErrUnproved
	}
	return k.proveRecovery(ctx, r)
}

// recoveredBefore answers for a recovery that is completed: a repeat of the request that completed it, under its Idempotency-Key and with its
// password, gets the first answer. That takes a hash, since nothing else that is kept tells one password from another.
func (k *call) recoveredBefore(ctx context.Context, r *domain.VerificationRequest, a *domain.Account, p passwords.Password) (Recovered, error) {
	at, err := k.accountStream(a.ID).read(ctx)
	if err != nil {
		return Recovered{}, err
	}
	before, err := k.repeated(ctx, at.before(k.command))
	switch {
	case err != nil:
		return Recovered{}, err
	case len(before) == 0:
		return Recovered{}, domain.ErrRecovered
	}
	if k.now.Sub(before[0].At) > repeatWindow || a.Password.ID.UUID != domain.Derive(k.command.UUID, "password") {
		return Recovered{}, domain.ErrRepeatLate
	}
	tries, err := k.counter(ctx, limit{domain.AttemptRecover, []Limit{k.Config.Limits.SignIns}, [][]byte{[]byte("repeat"), r.ID.UUID[:]}})
	if err != nil {
		return Recovered{}, err
	}
	who := holder{id: a.ID.UUID, kind: domain.ActorPerson, account: a}
	if err := k.proven(k.turn(ctx, passwords.Known), who, p, domain.ErrRepeated, []*counter{tries}, nil); err != nil {
		return Recovered{}, err
	}
	_ = k.finishRecovery(ctx, r, a)
	done := recoveredNow(a)
	if slices.ContainsFunc(before, func(f domain.Fact) bool { _, made := f.Event.(domain.FactorEnrolled); return made }) {
		done.Codes, err = k.codesAt(ctx, before[0].At)
	}
	return done, err
}

// superseded ends a recovery that another one was quicker than, unless it was this one itself, in another request.
func (k *call) superseded(ctx context.Context, r *domain.VerificationRequest, s *domain.Recovery) error {
	a, err := k.account(ctx, s.Proved.Account)
	if err != nil || a.Recoveries.Has(domain.RecoveryID(r.ID)) {
		return err
	}
	_, err = k.lapseRecovery(ctx, r, ofAccount(a), a.Recoverable(s.Proved))
	return err
}

// finishRecovery records the end of a recovery by which an account has another password, and destroys the keys that this ends. It can be
// repeated.
func (k *call) finishRecovery(ctx context.Context, r *domain.VerificationRequest, a *domain.Account) error {
	if err := k.forgetPasswords(ctx, a); err != nil {
		return err
	}
	_, err := k.endRecovery(ctx, r, ofAccount(a), (*domain.Recovery).Complete)
	return err
}

// lapseRecovery ends a recovery that came to nothing. If it was proved, the account's history says so first: a crash between them is made good
// by who ends it then.
func (k *call) lapseRecovery(ctx context.Context, r *domain.VerificationRequest, a about, why domain.RecoveryLapseReason) (*domain.Recovery, error) {
	s, err := stateOf(ctx, k.recoveryStream(domain.RecoveryID(r.ID)))
	if err != nil || len(s.Lapse(why)) == 0 {
		return s, err
	}
	if err := k.noteMissedRecovery(ctx, r, s, why); err != nil {
		return s, err
	}
	return k.endRecovery(ctx, r, a, func(s *domain.Recovery) []any { return s.Lapse(why) })
}

// noteMissedRecovery tells the owner of an account, unless it is erased, of a recovery of it that was proved and comes to nothing.
func (k *call) noteMissedRecovery(ctx context.Context, r *domain.VerificationRequest, s *domain.Recovery, why domain.RecoveryLapseReason) error {
	if s.Proved == nil {
		return nil
	}
	a, err := k.account(ctx, s.Proved.Account)
	if err != nil || standingOf(a).gone {
		return err
	}
	_, err = change[*domain.Missed]{stream: k.missedStream(a.ID), about: concerning[*domain.Missed](ofAccount(a).after(s.Fact, s.Fact)), mayKeep: true,
		decide: func(_ context.Context, m *domain.Missed, _ journal.Head) ([]any, error) {
			return m.NoteRecovery(domain.RecoveryID(r.ID), s, why), nil
		}}.by(ctx, k)
	return err
}

// endRecovery destroys a recovery's key and appends its end, unless it has ended: once the log says that it ended, nothing is left to do.
func (k *call) endRecovery(ctx context.Context, r *domain.VerificationRequest, a about, end func(*domain.Recovery) []any) (*domain.Recovery, error) {
	id := domain.RecoveryID(r.ID)
	s, err := stateOf(ctx, k.recoveryStream(id))
	if err != nil || len(end(s)) == 0 {
		return s, err
	}
	if err := k.forgetElsewhere(s.Nobody()); err != nil { // no account's erasure will include its messages
		return s, err
	}
	if err := k.Journal.Destroy(ctx, domain.RecoveryKey(id)); err != nil {
		return s, err
	}
	out, err := change[*domain.Recovery]{stream: k.recoveryStream(id), about: concerning[*domain.Recovery](a.after(s.Fact, s.Fact)), mayKeep: true,
		decide: func(_ context.Context, s *domain.Recovery, _ journal.Head) ([]any, error) { return end(s), nil }}.by(ctx, k)
	return out.state, err
}
