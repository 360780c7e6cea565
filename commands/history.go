package commands

import (
	"context"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"accountledger/domain"
)

// HistoryEntry is one event about the caller, with its personal parts decrypted.
type HistoryEntry struct {
	ID      domain.EventID
	Type    string
	At      time.Time
	Actor   domain.ActorKind
	Channel domain.Channel
	Details jsontext.Value
}

// historyMost is how many entries an answer has at most, newest first.
const historyMost = 500

// history reads the caller's streams, so it is never stale.
func (k *call) history(ctx context.Context, _ struct{}) ([]HistoryEntry, error) {
	signUp, err := k.signUpOf(ctx, k.Caller.Account)
	if err != nil {
		return nil, err
	}
	streams := []string{domain.AccountStream(k.Caller.Account), domain.VerificationStream(signUp), domain.SignUpStream(signUp)}
	for _, m := range k.months() {
		streams = append(streams, domain.SessionsStream(k.Caller.Account.UUID, m))
	}
	parts := make([][]domain.Fact, len(streams))
	err = k.besideEach(ctx, len(streams), func(ctx context.Context, i int) (err error) {
		parts[i], err = k.newest(ctx, streams[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	facts := slices.Concat(parts...)
	slices.SortStableFunc(facts, func(x, y domain.Fact) int { return y.At.Compare(x.At) })
	facts = facts[:min(len(facts), historyMost)]
	details, err := k.Journal.RevealAll(ctx, facts...)
	if err != nil {
		return nil, err
	}
	out := make([]HistoryEntry, len(facts))
	for i, f := range facts {
		out[i] = HistoryEntry{ID: f.ID, Type: f.Type, At: f.At, Actor: f.Actor.Kind, Channel: f.Channel, Details: details[i]}
	}
	return out, nil
}

// signUpOf is the sign-up of an account. It never changes, so the cached account is good enough.
func (k *call) signUpOf(ctx context.Context, id domain.AccountID) (signUp domain.SignUpID, err error) {
	if a, ok := k.accountStream(id).cached(); ok {
		return a.Opened.SignUp, nil
	}
	a, err := k.account(ctx, id)
	if err != nil {
		return signUp, err
	}
	return a.Opened.SignUp, nil
}

// newest reads the newest facts of one stream.
func (k *call) newest(ctx context.Context, stream string) (out []domain.Fact, err error) {
	for rec, err := range k.Journal.ReadBack(ctx, stream) {
		if err != nil {
			return nil, err
		}
		if out = append(out, rec.Fact); len(out) == historyMost {
			break
		}
	}
	return out, nil
}
