package commands

import (
	"context"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"accountledger/domain"
)

// HistoryEntry is one event about the caller, with its personal parts opened: it is theirs.
type HistoryEntry struct {
	ID      domain.EventID
	Type    string
	At      time.Time
	Actor   domain.ActorKind
	Channel domain.Channel
	Details jsontext.Value
}

// historyMost bounds one answer; the newest come first.
const historyMost = 500

// history reads the caller's own streams, so it is never behind.
func (k *call) history(ctx context.Context, _ struct{}) ([]HistoryEntry, error) {
	a, _, err := k.account(ctx, k.Caller.Account)
	if err != nil {
		return nil, err
	}
	streams := []string{domain.AccountStream(a.ID), domain.VerificationStream(a.Opened.SignUp), domain.SignUpStream(a.Opened.SignUp)}
	for _, m := range k.months() {
		streams = append(streams, domain.SessionsStream(a.ID.UUID, m))
	}
	var out []HistoryEntry
	for _, stream := range streams {
		n := 0
		for rec, err := range k.Journal.ReadBack(ctx, stream) {
			if err != nil {
				return nil, err
			}
			entry, err := k.historyEntry(ctx, rec.Fact)
			if err != nil {
				return nil, err
			}
			out = append(out, entry)
			if n++; n == historyMost {
				break
			}
		}
	}
	slices.SortStableFunc(out, func(x, y HistoryEntry) int { return y.At.Compare(x.At) })
	return out[:min(len(out), historyMost)], nil
}

func (k *call) historyEntry(ctx context.Context, f domain.Fact) (HistoryEntry, error) {
	details, err := k.Journal.Reveal(ctx, f)
	return HistoryEntry{ID: f.ID, Type: f.Type, At: f.At, Actor: f.Actor.Kind, Channel: f.Channel, Details: details}, err
}
