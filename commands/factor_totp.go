package commands

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/totp"
)

// TOTPOffer is what an authenticator app is set up by. Nothing of it is kept until the app has shown a right code.
type TOTPOffer struct {
	Seed         string // base 32, to type in
	URL          string // otpauth:, to follow or to scan
	Continuation string // what it takes to enrol it; sealed, of the caller's account and session
	Expires      time.Time
}

// totpOffered is for how long the set-up of an authenticator app can be completed.
const totpOffered = 10 * time.Minute

// offerTOTP makes the seed of an authenticator app.
func (k *call) offerTOTP(ctx context.Context, _ struct{}) (TOTPOffer, error) {
	a, err := k.account(ctx, k.Caller.Account)
	if err != nil {
		return TOTPOffer{}, err
	}
	primary := a.Primary()
	contact, err := journal.Open(ctx, k.Journal, primary.Fact, primary.Contact)
	if err != nil {
		return TOTPOffer{}, err
	}
	seal, err := k.ciphers("totp")
	if err != nil {
		return TOTPOffer{}, err
	}
	seed, expires := totp.NewSeed(), k.now.Add(totpOffered)
	id := uuid.New()
	body := append(binary.BigEndian.AppendUint64(id[:], uint64(expires.Unix())), seed...) //nolint:gosec // after 1970
	return TOTPOffer{Seed: totp.Text(seed), URL: totp.URL(seed, k.Config.Service, contact.Typed), Continuation: seal.Seal(body, k.ownBinding()),
		Expires: expires.Truncate(time.Second)}, nil
}

// ownBinding ties what the caller gets to their account and session.
func (k *call) ownBinding() []byte {
	return append(k.Caller.Account.UUID[:], k.Caller.Session.UUID[:]...)
}

// ConfirmTOTP enrols an authenticator app by the code that it shows.
type ConfirmTOTP struct {
	Continuation string `json:"-"`
	Code         string `json:"-"`
	Name         string `json:"name"`
}

// confirmTOTP enrols an authenticator app. Two appends: the code's use, so that it cannot be used to sign in, and the account's, which decides. A
// crash between them leaves nothing that counts. An account without recovery codes gets some with it.
func (k *call) confirmTOTP(ctx context.Context, in ConfirmTOTP) (FactorAdded, error) {
	id, seed, err := k.offeredTOTP(in.Continuation)
	if err != nil {
		return FactorAdded{}, err
	}
	a, err := k.account(ctx, k.Caller.Account)
	if err != nil {
		return FactorAdded{}, err
	}
	if _, ok := domain.Text(in.Name); !ok {
		return FactorAdded{}, domain.ErrFactorName
	}
	steps := totp.Matching(seed, in.Code, k.now)
	shown := k.changeUses(a, id, func(u *domain.FactorUses, _ journal.Head) ([]any, error) {
		return u.UseStep(id, steps, domain.UseEnrol)
	})
	shown.new = true
	if _, err := shown.by(ctx, k); errors.Is(err, domain.ErrTOTP) {
		return FactorAdded{}, domain.ErrTOTP.At("/code")
	} else if err != nil {
		return FactorAdded{}, err
	}
	return k.addFactor(ctx, domain.EnrolFactor{ID: id, Kind: domain.FactorTOTP, Level: k.Caller.Level, Name: in.Name,
		Secret: domain.FactorSecret{Seed: seed}}, domain.ErrEnrolTOTP)
}

// offeredTOTP opens what offerTOTP sealed. ErrEnrolTOTP if it is not the caller's or too old.
func (k *call) offeredTOTP(continuation string) (id domain.FactorID, seed []byte, err error) {
	seal, err := k.ciphers("totp")
	if err != nil {
		return id, nil, err
	}
	body, err := seal.Open(continuation, k.ownBinding())
	if err != nil || len(body) != 16+8+totp.SeedBytes {
		return id, nil, domain.ErrEnrolTOTP
	}
	expires := time.Unix(int64(binary.BigEndian.Uint64(body[16:24])), 0) //nolint:gosec // we wrote it
	if !k.now.Before(expires) || expires.After(k.now.Add(totpOffered+domain.MaxAhead)) {
		return id, nil, domain.ErrEnrolTOTP
	}
	return domain.FactorID{UUID: uuid.UUID(body[:16])}, body[24:], nil
}

// Format prints [personal] for every verb.
func (TOTPOffer) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (TOTPOffer) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (Factor) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (Factor) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (RenameFactor) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (RenameFactor) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (ConfirmTOTP) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (ConfirmTOTP) LogValue() slog.Value { return hidden() }
