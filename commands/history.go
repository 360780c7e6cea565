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
		if err != nil || len(now.Contacts) == len(a.Contacts) {
			return out, err
		}
		a = now
	}
}

// historyBy reads the streams that an account has by a state of it, and its state now.
func (k *call) historyBy(ctx context.Context, a *domain.Account) (out []HistoryEntry, now *domain.Account, err error) {
	streams := []string{domain.AccountStream(a.ID)}
	for _, c := range a.Contacts {
		streams = append(streams, domain.VerificationStream(c.Verification))
	}
	streams = append(streams, domain.SignUpStream(a.Opened.SignUp))
	for _, m := range k.months() {
		streams = append(streams, domain.SessionsStream(a.ID.UUID, m))
	}
	parts := make([][]HistoryEntry, len(streams))
	err = k.besideEach(ctx, len(streams)+1, func(ctx context.Context, i int) (err error) {
		if i == len(streams) {
			now, err = k.account(ctx, a.ID)
		} else {
			parts[i], err = k.historyOf(ctx, streams[i])
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	out = slices.Concat(parts...)
	slices.SortStableFunc(out, func(x, y HistoryEntry) int { return y.At.Compare(x.At) })
	return out[:min(len(out), historyMost)], now, nil
}

// historyOf reads the newest entries of one stream.
func (k *call) historyOf(ctx context.Context, stream string) (out []HistoryEntry, err error) {
	for rec, err := range k.Journal.ReadBack(ctx, stream) {
		if err != nil {
			return nil, err
		}
		entry, err := k.historyEntry(ctx, rec.Fact)
		if err != nil {
			return nil, err
		}
		if out = append(out, entry); len(out) == historyMost {
			break
		}
	}
	return out, nil
}

func (k *call) historyEntry(ctx context.Context, f domain.Fact) (HistoryEntry, error) {
	details, err := k.Journal.Reveal(ctx, f)
	return HistoryEntry{ID: f.ID, Type: f.Type, At: f.At, Actor: f.Actor.Kind, Channel: f.Channel, Details: details}, err
}
