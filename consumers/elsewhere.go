package consumers

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"accountledger/journal"
	"accountledger/leases"
)

// StatusElsewhere is the status of consumers that this process does not run: each as its store has it, and who works on it
// if the leases tell; k is nil without leases. An error means that the log cannot be asked.
func StatusElsewhere(ctx context.Context, j *journal.Journal, k *leases.Keeper, now time.Time, log *slog.Logger, all []Consumer) ([]Status, error) {
	checkpoints := askStored(ctx, all)
	head, failed := j.Head(ctx)
	holders := holdersOf(ctx, k, log)
	out := make([]Status, len(all))
	for i, c := range all {
		s := Status{Name: c.Name, State: Elsewhere, Reason: workedOn(holders[c.Lease])}
		at, err := checkpoints[i].at, checkpoints[i].err
		switch {
		case errors.Is(err, ErrRebuilding):
			s.State, s.Reason = Rebuilding, err.Error()
		case err != nil:
			s.State, s.Reason = Waiting, err.Error()
		case holders[c.Lease] == "":
			s.State = Waiting
		}
		s.Position = at.Position
		s.measure(ctx, j, head, now, now, &failed)
		out[i] = s
	}
	return out, failed
}

// holdersOf gives the holder of each lease; nothing if they cannot be asked in time.
func holdersOf(ctx context.Context, k *leases.Keeper, log *slog.Logger) map[string]string {
	holders := map[string]string{}
	if k == nil {
		return holders
	}
	ctx, cancel := context.WithTimeout(ctx, storedPatience)
	defer cancel()
	table, err := k.Look(ctx)
	if err != nil {
		log.Warn("the leases cannot tell who works on what", "reason", err.Error())
	}
	for _, row := range table.Leases {
		holders[row.Name] = row.Holder
	}
	return holders
}

// workedOn says who works on something.
func workedOn(holder string) string {
	if holder == "" {
		return "nobody works on it"
	}
	return "worked on by " + holder
}
