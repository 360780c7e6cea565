package commands

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passkeys"
)

// PasskeyAnswer is what an authenticator answered, as the page got it: the JSON of PublicKeyCredential.toJSON().
type PasskeyAnswer string

// Format prints [personal] for every verb.
func (PasskeyAnswer) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (PasskeyAnswer) LogValue() slog.Value { return hidden() }

// relyingParty is for whom passkeys are made: the origin, as far as it is known. ErrNoPasskeys if it is not.
func (c *core) relyingParty() (rp passkeys.RelyingParty, err error) {
	if c.Origin == nil {
		return rp, domain.ErrNoPasskeys
	}
	origin := c.Origin()
	if known := c.party.Load(); known != nil && known.Origin() == origin {
		return *known, nil
	}
	if rp, err = passkeys.NewRelyingParty(origin, c.Config.Service); err != nil {
		return rp, domain.ErrNoPasskeys.Because(err)
	}
	c.party.Store(&rp)
	return rp, nil
}

// CheckParty asks whether people who have passkeys can be served at an origin; empty: at none.
type CheckParty struct {
	Origin string `json:"origin"`
}

// checkParty is for a process that starts: ErrOtherParty if people have passkeys that were made for another host than that of its origin, or
// if it has none.
func (k *call) checkParty(ctx context.Context, in CheckParty) (struct{}, error) {
	known, err := stateOf(ctx, k.partyStream())
	if err != nil {
		return struct{}{}, err
	}
	rp, _ := passkeys.NewRelyingParty(in.Origin, "") // without an origin it is nobody's
	return struct{}{}, known.Serve(domain.Host(rp.ID()))
}

// nameParty records for which host passkeys are made, once, before the first is: another process with another host is refused then.
func (k *call) nameParty(ctx context.Context, rp passkeys.RelyingParty) error {
	_, err := change[*domain.Relying]{stream: k.partyStream(), mayKeep: true,
		decide: func(_ context.Context, p *domain.Relying, _ journal.Head) ([]any, error) {
			return p.Name(domain.Host(rp.ID()))
		}}.by(ctx, k.aside("party"))
	return err
}

// challenges makes and recognises challenges. What was made before a restore is not recognised after it.
func (c *core) challenges() passkeys.Challenges {
	made := passkeys.Challenges{MAC: c.keys.challenges.MAC}
	if at := c.restored.Load(); at != nil {
		made.Epoch = binary.BigEndian.AppendUint64(nil, uint64(at.time.UnixNano()))
	}
	return made
}

// userHandles are what authenticators know accounts by.
func (c *core) userHandles() passkeys.Handles { return passkeys.NewHandles(c.keys.handles.Material()) }

// purposes are those of challenges, by what the factor is used for.
var purposes = map[domain.FactorUse]passkeys.Purpose{domain.UseSignIn: passkeys.ToSecond, domain.UseRaise: passkeys.ToRaise,
	domain.UseRecovery: passkeys.ToRecover}

// askPasskey makes the options by which the owner of an account, who has proven something already, proves themselves by a passkey; nil if the
// account has none. bound is what the answer is good for: a sign-in, a session or a recovery.
func (k *call) askPasskey(ctx context.Context, a *domain.Account, what domain.FactorUse, bound []byte) (*passkeys.AssertionOptions, error) {
	all, err := k.passkeysOf(ctx, a)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	rp, err := k.relyingParty()
	if err != nil {
		return nil, err
	}
	records := make([]domain.Passkey, len(all))
	for i, one := range all {
		records[i] = one.record
	}
	options := rp.Assertion(k.challenges().New(purposes[what], bound, k.now), verification(a), records...)
	options.Timeout = purposes[what].Lifetime().Milliseconds()
	return &options, nil
}

// verification is what is asked of an authenticator beside another proof. Where there is no password, a passkey is all that is proven.
func verification(a *domain.Account) passkeys.Verification {
	if a.Password.None() {
		return passkeys.Required
	}
	return passkeys.Preferred
}

// ownPasskey is a passkey of an account and its record.
type ownPasskey struct {
	*domain.Factor
	record domain.Passkey
}

// passkeysOf opens the records of an account's passkeys.
func (k *call) passkeysOf(ctx context.Context, a *domain.Account) ([]ownPasskey, error) {
	all := a.FactorsOf(domain.FactorPasskey)
	out := make([]ownPasskey, 0, len(all))
	for _, f := range all {
		secret, err := journal.Open(ctx, k.Journal, f.Fact, f.Secret)
		switch {
		case errors.Is(err, journal.ErrUnreadable): // it is being removed, or the account erased
		case err != nil:
			return nil, err
		case secret.Passkey != nil:
			out = append(out, ownPasskey{f, *secret.Passkey})
		}
	}
	return out, nil
}

// proofBy is what an assertion has to prove.
type proofBy struct {
	purpose passkeys.Purpose
	bound   []byte
	named   bool // the authenticator has to name whose the passkey is
	uv      passkeys.Verification
	what    domain.FactorUse
}

// checkAssertion reads an answer and refuses one to a challenge that is not open. What was already answered only the passkey's stream says.
func (k *call) checkAssertion(in PasskeyAnswer, by proofBy) (*passkeys.Assertion, error) {
	a, err := passkeys.ParseAssertion([]byte(in))
	if err == nil {
		err = k.challenges().Check(a.Challenge(), by.purpose, by.bound, k.now)
	}
	return a, passkeyRefusal(err)
}

// usePasskey proves an account's owner by the passkey that answered and records its use: one append at the exact version, so that an answer
// passes once. It returns the passkey.
func (k *call) usePasskey(ctx context.Context, a *domain.Account, in *passkeys.Assertion, by proofBy) (*domain.Factor, error) {
	rp, err := k.relyingParty()
	if err != nil {
		return nil, err
	}
	all, err := k.passkeysOf(ctx, a)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		if in.By(one.record) {
			return one.Factor, k.recordPasskey(ctx, rp, a, one, in, by)
		}
	}
	return nil, domain.ErrPasskey.At("/passkey/id")
}

func (k *call) recordPasskey(ctx context.Context, rp passkeys.RelyingParty, a *domain.Account, one ownPasskey, in *passkeys.Assertion, by proofBy) error {
	sum := sha256.Sum256(in.Challenge())
	challenge, handle := domain.Hash(hex.EncodeToString(sum[:])), k.userHandles().Of(a.ID.UUID)
	out, err := k.changeUses(a, one.Factor.Factor, func(u *domain.FactorUses, head journal.Head) ([]any, error) {
		known := passkeys.KnownOf(one.record)
		if u.Passkey.Backup != "" {
			known = passkeys.Known(u.Passkey)
		}
		proof, err := rp.Verify(in, one.record, known, handle, by.named, by.uv)
		if errors.Is(err, passkeys.Because(passkeys.CountBackward)) {
			if doubted := u.DoubtCount(one.Factor.Factor, k.factTime(head)); len(doubted) > 0 {
				return doubted, nil
			}
		}
		if err != nil {
			return nil, passkeyRefusal(err)
		}
		return u.UsePasskey(one.Factor.Factor, challenge, domain.PasskeyUse(proof.Known), proof.Copyable, by.what)
	}).by(ctx, k)
	if err != nil {
		return err
	}
	if e, doubted := out.facts[0].Event.(domain.FactorDoubted); doubted && e.Reason == domain.DoubtCount {
		return domain.ErrPasskey.At("/passkey/response/authenticatorData")
	}
	return nil
}

// passkeyRefusal says what is wrong with an answer, and where.
func passkeyRefusal(err error) error {
	var e *passkeys.Error
	if !errors.As(err, &e) {
		return err
	}
	at := "/passkey" + e.Field
	switch e.Reason {
	case passkeys.Foreign, passkeys.Expired, passkeys.Early:
		return domain.ErrPasskeyChallenge.At(at)
	case passkeys.OtherOrigin, passkeys.OtherParty:
		return domain.ErrPasskeyOrigin.At(at)
	case passkeys.Absent, passkeys.Unverified:
		return domain.ErrPasskeyUser.At(at)
	case passkeys.Malformed, passkeys.Unknown, passkeys.BadBackup, passkeys.BadKey, passkeys.BadSignature, passkeys.CountBackward:
	}
	return domain.ErrPasskey.At(at)
}
