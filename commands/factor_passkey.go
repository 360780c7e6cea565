package commands

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passkeys"
)

// offerPasskey makes the options for another passkey. Nothing of them is kept.
func (k *call) offerPasskey(ctx context.Context, _ struct{}) (passkeys.RegistrationOptions, error) {
	var none passkeys.RegistrationOptions
	rp, err := k.relyingParty()
	if err != nil {
		return none, err
	}
	a, err := k.account(ctx, k.Caller.Account)
	if err != nil {
		return none, err
	}
	primary := a.Primary()
	contact, err := journal.Open(ctx, k.Journal, primary.Fact, primary.Contact)
	if err != nil {
		return none, err
	}
	all, err := k.passkeysOf(ctx, a)
	if err != nil {
		return none, err
	}
	who := passkeys.Account{Handle: k.userHandles().Of(a.ID.UUID), Name: contact.Typed}
	for _, one := range all {
		who.Passkeys = append(who.Passkeys, one.record)
	}
	return rp.Registration(k.challenges().New(passkeys.ToEnrol, k.ownBinding(), k.now), who), nil
}

// ConfirmPasskey enrols the passkey that an authenticator made.
type ConfirmPasskey struct {
	Passkey PasskeyAnswer `json:"-"`
	Name    string        `json:"name"`
}

// confirmPasskey enrols a passkey. Its id derives from the challenge, so an answer enrols one passkey. An account without recovery codes gets some
// with it.
func (k *call) confirmPasskey(ctx context.Context, in ConfirmPasskey) (FactorAdded, error) {
	rp, err := k.relyingParty()
	if err != nil {
		return FactorAdded{}, err
	}
	answer, err := passkeys.ParseRegistration([]byte(in.Passkey))
	if err == nil {
		err = k.challenges().Check(answer.Challenge(), passkeys.ToEnrol, k.ownBinding(), k.now)
	}
	if err != nil {
		return FactorAdded{}, passkeyRefusal(err)
	}
	record, err := rp.Register(answer)
	if err != nil {
		return FactorAdded{}, passkeyRefusal(err)
	}
	a, err := k.account(ctx, k.Caller.Account)
	if err != nil {
		return FactorAdded{}, err
	}
	all, err := k.passkeysOf(ctx, a)
	if err != nil {
		return FactorAdded{}, err
	}
	mac := k.keys.challenges.MAC([]byte("factor"), answer.Challenge())
	id := domain.FactorID{UUID: domain.Derive([16]byte(mac[:16]), "passkey")}
	if slices.ContainsFunc(all, func(one ownPasskey) bool { return one.Factor.Factor != id && bytes.Equal(one.record.ID, record.ID) }) {
		return FactorAdded{}, domain.ErrPasskeyKnown
	}
	if err := k.nameParty(ctx, rp); err != nil {
		return FactorAdded{}, err
	}
	return k.addFactor(ctx, domain.EnrolFactor{ID: id, Kind: domain.FactorPasskey, Level: k.Caller.Level, Name: in.Name,
		Backup: passkeys.BackupOf(record.Flags), Secret: domain.FactorSecret{Passkey: &record}}, domain.ErrPasskeyChallenge)
}

// askRaise makes the options by which the caller proves again who they are by a passkey. ErrNotAWay if they have none.
func (k *call) askRaise(ctx context.Context, _ struct{}) (passkeys.AssertionOptions, error) {
	a, err := k.account(ctx, k.Caller.Account)
	if err != nil {
		return passkeys.AssertionOptions{}, err
	}
	options, err := k.askPasskey(ctx, a, domain.UseRaise, k.Caller.Session.UUID[:])
	if err != nil {
		return passkeys.AssertionOptions{}, err
	}
	if options == nil {
		return passkeys.AssertionOptions{}, domain.ErrNotAWay
	}
	return *options, nil
}

// Format prints [personal] for every verb.
func (ConfirmPasskey) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (ConfirmPasskey) LogValue() slog.Value { return hidden() }
