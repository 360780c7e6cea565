package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	"accountledger/eventstore"
)

// PageSize is how many events a message carries at most.
const PageSize = 512

// Page is what one message carries: a run of the log, decoded.
type Page struct {
	Records []Record
	// Checkpoint is where the reader stands once it has dealt with the page.
	Checkpoint Checkpoint
	// Waits is set when the event after Records cannot be read by this program: the reader stands before it.
	Waits error
}

// Subscriber hands the log to one consumer as Watermill messages, one page each, in commit order. A page comes
// after the one before was acknowledged; a nack means: read again from the consumer's checkpoint.
type Subscriber struct {
	journal *Journal
	from    func(context.Context) (Checkpoint, error)
	waits   func(error)
	log     *slog.Logger
	closing chan struct{}
	once    sync.Once
	running sync.WaitGroup
}

// Subscriber makes a subscription for one consumer. from gives the consumer's own checkpoint, asked at the
// start and after each nack; waits is told why the consumer stands still, and nil when it goes on.
func (j *Journal) Subscriber(from func(context.Context) (Checkpoint, error), waits func(error), log *slog.Logger) *Subscriber {
	return &Subscriber{journal: j, from: from, waits: waits, log: log, closing: make(chan struct{})}
}

type pageKey struct{}

// PageOf gives the page that a message carries.
func PageOf(m *message.Message) Page {
	p, _ := m.Context().Value(pageKey{}).(Page)
	return p
}

// Subscribe starts to read; the topic names the consumer in logs.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	ctx, cancel := context.WithCancel(ctx)
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		defer close(out)
		defer cancel()
		told := ""
		for {
			err := s.run(ctx, out)
			if ctx.Err() != nil || errors.Is(err, eventstore.ErrClosed) {
				return
			}
			s.waits(err)
			if err != nil && err.Error() != told { // once, however often it is tried
				told = err.Error()
				s.log.Warn("consumer reads again from its checkpoint", "consumer", topic, "reason", told)
			}
			if !pause(ctx, retryPause) {
				return
			}
		}
	}()
	go func() {
		select {
		case <-s.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	return out, nil
}

// gather lies between a page that was not full and the next one, so that under load a page, and what its consumer
// stores in one step, holds what came in the meantime. What comes first after a quiet time waits for nothing.
const gather = 40 * time.Millisecond

// retryPause lies between two tries after an error.
const retryPause = 250 * time.Millisecond

// run hands out pages until something fails or a page is not acknowledged.
func (s *Subscriber) run(ctx context.Context, out chan<- *message.Message) error {
	from, err := s.from(ctx)
	if err != nil {
		return err
	}
	sub, err := s.journal.store.Subscribe(ctx, from)
	if err != nil {
		return err
	}
	defer func() { _ = sub.Close() }()
	at := from
	for {
		raw, err := sub.Next(ctx, PageSize)
		if err != nil {
			return err
		}
		page := s.journal.page(ctx, at, raw)
		if len(page.Records) > 0 || page.Waits == nil {
			acked, err := s.hand(ctx, out, page)
			if !acked || err != nil {
				return err
			}
		}
		if page.Waits != nil {
			return page.Waits
		}
		s.waits(nil)
		at = page.Checkpoint
		if len(raw.Events) < PageSize && !pause(ctx, gather) {
			return ctx.Err()
		}
	}
}

func (s *Subscriber) hand(ctx context.Context, out chan<- *message.Message, page Page) (acked bool, err error) {
	m := message.NewMessage(watermill.NewUUID(), nil)
	m.SetContext(context.WithValue(ctx, pageKey{}, page))
	select {
	case out <- m:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	select {
	case <-m.Acked():
		return true, nil
	case <-m.Nacked():
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// Close ends the subscription: the context of the page under way ends, and unless it was acknowledged it is read
// again next time. Close returns once nothing more is handed out.
func (s *Subscriber) Close() error {
	s.once.Do(func() { close(s.closing) })
	s.running.Wait()
	return nil
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// page gives a decoded run of the log, with what another consumer has read before.
func (j *Journal) page(ctx context.Context, from Checkpoint, raw eventstore.Page) Page {
	return j.decodePage(ctx, from, raw, j.pages, j.decode)
}

// decodePage decodes a run of the log up to the first event that this program does not know, or cannot read and may not pass over.
func (j *Journal) decodePage(ctx context.Context, from Checkpoint, raw eventstore.Page, known *pageCache, decode decoder) Page {
	p := Page{Checkpoint: raw.Checkpoint}
	for events := raw.Events; ; {
		records := make([]Record, len(events))
		have := known.get(events, records)
		n, err := decodeAll(events, records, have, decode)
		known.put(records[:n], have)
		if p.Records == nil {
			p.Records = records[:n]
		} else {
			p.Records = append(p.Records, records[:n]...)
		}
		if n > 0 {
			last := &events[n-1]
			from = Checkpoint{Log: raw.Checkpoint.Log, Position: last.Position, Event: last.ID}
		}
		if err == nil {
			return p
		}
		if err = j.Passes(ctx, err); err != nil {
			p.Waits, p.Checkpoint = fmt.Errorf("at %s: %w", events[n].Position, err), from
			return p
		}
		events = events[n+1:]
	}
}

// decodeShare is how many events are worth a goroutine of their own.
const decodeShare = 256

// decodeAll decodes events into records, on several processors where there are many, but for those that are there already.
// It gives how many were decoded from the first on, and what is wrong with the one after them.
func decodeAll(events []eventstore.Recorded, records []Record, have []bool, one decoder) (int, error) {
	shares := max(1, min(runtime.GOMAXPROCS(0), len(events)/decodeShare))
	size := (len(events) + shares - 1) / shares
	done, errs := make([]int, shares), make([]error, shares)
	decode := func(share int) {
		first, last := share*size, min((share+1)*size, len(events))
		for done[share] = first; done[share] < last; done[share]++ {
			i := done[share]
			if have != nil && have[i] {
				continue
			}
			if records[i], errs[share] = one(events[i]); errs[share] != nil {
				return
			}
		}
	}
	var others sync.WaitGroup
	for share := 1; share < shares; share++ {
		others.Go(func() { decode(share) })
	}
	decode(0)
	others.Wait()
	for share, err := range errs {
		if err != nil {
			return done[share], err
		}
	}
	return len(events), nil
}

// ReadAll reads a page of the log after a checkpoint without waiting; a page whose checkpoint has not
// moved is the end of the log.
func (j *Journal) ReadAll(ctx context.Context, after Checkpoint, limit int) (Page, error) {
	raw, err := j.store.ReadAll(ctx, after.Position, limit)
	if err != nil {
		return Page{}, err
	}
	return j.decodePage(ctx, after, raw, nil, j.decode), nil
}
