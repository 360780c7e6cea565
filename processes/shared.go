package processes

import (
	"context"
	"errors"
	"time"

	"github.com/go-json-experiment/json"

	"accountledger/journal"
	"accountledger/leases"
)

// LeaseName is the lease of the process that settles.
const LeaseName = "processes"

// settled is what the process that settles tells the others, stored with the lease: every entry from events before At that was due
// before Due is settled. Without it their lists would never shrink.
type settled struct {
	At  journal.Checkpoint `json:"at"`
	Due time.Time          `json:"due"`
}

// wait takes the lease as soon as it is free, and until then removes from the list what its holder has settled.
func (p *Processes) wait(ctx context.Context) (*leases.Lease, error) {
	var looked time.Time
	tick := time.NewTicker(p.Leases.TTL() / 10)
	defer tick.Stop()
	for {
		p.mend(ctx)
		lease, err := p.Leases.Acquire(ctx, LeaseName)
		if err == nil {
			p.dropSettled(ctx, lease.Place())
			return lease, nil
		}
		if errors.Is(err, leases.ErrClosed) {
			return nil, err
		}
		if time.Since(looked) >= p.Tell {
			looked = time.Now()
			if table, err := p.Leases.Look(ctx); err == nil {
				row, _ := table.Find(LeaseName)
				p.dropSettled(ctx, row.Place)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// tell stores what has been settled. The checkpoint is read first: entries added after it only make Due earlier.
func (p *Processes) tell(ctx context.Context, lease *leases.Lease) {
	place := settled{Due: p.Now()}
	var err error
	if place.At, err = p.list.checkpoint(ctx); err == nil && !place.At.IsZero() {
		var oldest time.Time
		if oldest, err = p.list.oldest(ctx); err == nil {
			if !oldest.IsZero() && oldest.Before(place.Due) {
				place.Due = oldest
			}
			var b []byte
			if b, err = json.Marshal(place); err == nil {
				err = lease.Save(ctx, b)
			}
		}
	}
	if err != nil && ctx.Err() == nil {
		p.Log.Warn("could not tell other processes what has been settled", "reason", err.Error())
	}
}

// dropSettled removes from the list what another process has settled. Unreadable notes, or those of another log, are ignored.
func (p *Processes) dropSettled(ctx context.Context, place []byte) {
	var said settled
	if place == nil || json.Unmarshal(place, &said) != nil {
		return
	}
	mine, err := p.list.checkpoint(ctx)
	if err == nil && (mine.IsZero() || mine.Log != said.At.Log) {
		return
	}
	if err == nil {
		err = p.list.drop(ctx, said.At.Position, said.Due)
	}
	if err != nil && ctx.Err() == nil {
		p.Log.Warn("could not remove from the list what another process has settled", "reason", err.Error())
	}
}
