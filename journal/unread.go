package journal

import (
	"context"
	"time"

	"accountledger/eventstore"
)

// Unread is what lies between a reader and the head.
type Unread struct {
	Events int64
	// More says that there are more than that.
	More bool
	// Oldest is when the first of them was recorded; zero where there is none, or it cannot be read.
	Oldest time.Time
}

// unreadPages is how many pages are read at most for one count: a log may hold many entries that are nobody's here.
const unreadPages = 4

// Unread counts the events after one position up to another. Where the log can count them only by reading, most of them are enough.
func (j *Journal) Unread(ctx context.Context, from, to Position, most int) (u Unread, err error) {
	n, unit, err := j.store.Distance(ctx, from, to)
	if err != nil || n == 0 {
		return u, err
	}
	counted := unit == eventstore.UnitEvents
	if counted {
		u.Events, most = n, 1
	}
	read, at := 0, from
	for pages := 0; read < most; pages++ {
		page, err := j.store.ReadAll(ctx, at, most-read)
		if err != nil {
			return u, err
		}
		for i := range page.Events {
			e := &page.Events[i]
			if e.Position.Compare(to) > 0 {
				break
			}
			if read++; read == 1 {
				if rec, err := j.decode(*e); err == nil {
					u.Oldest = rec.At
				}
			}
		}
		end := page.Checkpoint.Position.Compare(to) >= 0 || page.Checkpoint.Position.Compare(at) == 0
		if at = page.Checkpoint.Position; end {
			break
		}
		if pages == unreadPages {
			u.More = true
			break
		}
	}
	if !counted {
		u.Events = int64(read)
		u.More = u.More || read == most && at.Compare(to) < 0
	}
	return u, nil
}
