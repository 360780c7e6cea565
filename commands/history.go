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
	id := k.Caller.Account
	a, cached := k.accountStream(id).cached() // tells which streams there are, which rarely change
	if !cached {
		var err error
		if a, err = k.account(ctx, id); err != nil {
			return nil, err
		}
	}
	for {
		out, now, err := k.historyBy(ctx, a)
		if err != nil || len(now.Proofs) == len(a.Proofs) && slices.Equal(now.Recoveries.Latest, a.Recoveries.Latest) {
			return out, err
		}
		a = now
	}
}

// historyBy reads the streams that an account has by a state of it, and its state now.
func (k *call) historyBy(ctx context.Context, a *domain.Account) (out []HistoryEntry, now *domain.Account, err error) {
	streams := []string{domain.AccountStream(a.ID), domain.MissedStream(a.ID)}
	for _, id := range a.Recoveries.Latest {
		streams = append(streams, domain.RecoveryStream(id), domain.VerificationStream(domain.VerificationID(id)))
	}
	for _, id := range a.Proofs {
		streams = append(streams, domain.VerificationStream(id))
	}
	streams = append(streams, domain.SignUpStream(a.Opened.SignUp))
	for _, m := range k.months() {
		streams = append(streams, domain.SessionsStream(a.ID.UUID, m))
	}
	parts := make([][]domain.Fact, len(streams))
	err = k.besideEach(ctx, len(streams)+1, func(ctx context.Context, i int) (err error) {
		if i == len(streams) {
			now, err = k.account(ctx, a.ID)
		} else {
			parts[i], err = k.newest(ctx, streams[i])
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	facts := slices.Concat(parts...)
	slices.SortStableFunc(facts, func(x, y domain.Fact) int { return y.At.Compare(x.At) })
	facts = facts[:min(len(facts), historyMost)]
	details, err := k.Journal.RevealAll(ctx, facts...)
	if err != nil {
		return nil, nil, err
	}
	out = make([]HistoryEntry, len(facts))
	for i, f := range facts {
		out[i] = HistoryEntry{ID: f.ID, Type: f.Type, At: f.At, Actor: f.Actor.Kind, Channel: f.Channel, Details: details[i]}
	}
	return out, now, nil
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
