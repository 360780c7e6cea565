package commands

import (
	"context"
	"errors"
	"sync"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
)

// accessLog records accesses, many records per append: while one append is in progress, others queue up for the next. Each
// process writes its own stream, so there are no conflicts, and a repeat is another access. That is why it is no change.
type accessLog struct {
	core   *core
	writer uuid.UUID
	mu     sync.Mutex
	queue  []*accessRecord
	busy   bool
	head   journal.Head // head and unsure: only used by the goroutine that appends
	unsure string       // stream whose end is unknown
}

// accessRecord is what one request records: its events are stored together or not at all.
type accessRecord struct {
	entries []journal.Entry
	size    int // in bytes, at most about so
	done    chan struct{}
	fact    domain.Fact // the first
	at      journal.Position
	err     error
}

const (
	// accessSize is how many bytes an event has at most, but for a question.
	accessSize = 1 << 10
	// accessBatch is how many bytes an append has, if not a single record has more: below an append's limit. One record of
	// domain.MaxNamed looks with a question of domain.MaxQuestion fits in.
	accessBatch = 256 * accessSize
)

func newAccessLog(c *core, writer uuid.UUID) *accessLog { return &accessLog{core: c, writer: writer} }

// record returns once the event is durable. Nothing may be shown that could not be recorded.
func (k *call) record(ctx context.Context, a about, event any) (domain.Fact, error) {
	entries, err := k.entries(ctx, journal.NoStream("access"), a, event)
	if err != nil {
		return domain.Fact{}, err
	}
	return k.recordAll(ctx, entries, 0)
}

// recordLooks records one event about each, all of them or none, and gives the first. event is told the first one's id, once there is
// one; sealed is how many bytes are sealed in them.
func (k *call) recordLooks(ctx context.Context, looks []about, sealed int, event func(first domain.EventID) any) (domain.Fact, error) {
	var entries []journal.Entry
	var first domain.EventID
	for _, a := range looks {
		more, err := k.entries(ctx, journal.NoStream("access"), a, event(first))
		if err != nil {
			return domain.Fact{}, err
		}
		entries = append(entries, more...)
		first = entries[0].ID
	}
	return k.recordAll(ctx, entries, sealed)
}

// recordAll returns once all the events are durable, together, and gives the first. sealed is how many bytes are sealed in them.
func (k *call) recordAll(ctx context.Context, entries []journal.Entry, sealed int) (domain.Fact, error) {
	l := k.access
	if err := confirmed(ctx); err != nil {
		return domain.Fact{}, err
	}
	r := &accessRecord{entries: entries, size: len(entries)*accessSize + 3*sealed, done: make(chan struct{})} // twice in JSON, then in base64
	l.mu.Lock()
	l.queue = append(l.queue, r)
	lead := !l.busy
	l.busy = true
	l.mu.Unlock()
	if lead {
		go l.drain(context.WithoutCancel(ctx)) // in another goroutine: the caller need not wait for later records
	}
	<-r.done
	k.position = r.at
	return r.fact, r.err
}

// drain appends until the queue is empty.
func (l *accessLog) drain(ctx context.Context) {
	for {
		l.mu.Lock()
		n, size := 0, 0
		for n < len(l.queue) && (n == 0 || size+l.queue[n].size <= accessBatch) {
			size += l.queue[n].size
			n++
		}
		batch := l.queue[:n]
		l.queue = l.queue[len(batch):]
		if len(batch) == 0 {
			l.busy = false
			l.queue = nil
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		l.append(ctx, batch)
	}
}

func (l *accessLog) append(ctx context.Context, batch []*accessRecord) {
	var entries []journal.Entry
	for _, r := range batch {
		entries = append(entries, r.entries...)
	}
	done, err := l.try(ctx, entries)
	first := 0
	for _, r := range batch {
		if r.err = err; err == nil {
			r.fact, r.at = done.Facts[first], done.Position
		}
		first += len(r.entries)
		close(r.done)
	}
}

func (l *accessLog) try(ctx context.Context, entries []journal.Entry) (journal.Committed, error) {
	stream := domain.AccessStream(l.writer, domain.DayOf(l.core.Now()))
	if l.head.Stream == stream {
		return l.appendAfter(ctx, l.head, entries)
	}
	if l.unsure != stream { // most likely the day's first
		done, err := l.appendAfter(ctx, journal.NoStream(stream), entries)
		var conflict *journal.ConflictError
		if !errors.As(err, &conflict) { // the clock was set back to a day that already has a stream
			return done, err
		}
	}
	head, err := l.core.Journal.LastOf(ctx, stream)
	if err != nil {
		return journal.Committed{}, err
	}
	return l.appendAfter(ctx, head, entries)
}

func (l *accessLog) appendAfter(ctx context.Context, head journal.Head, entries []journal.Entry) (journal.Committed, error) {
	done, err := l.core.Journal.Append(ctx, head, entries...)
	if err != nil {
		l.head, l.unsure = journal.Head{}, head.Stream // read it: the stream's end is unknown
		return done, err
	}
	l.head, l.unsure = done.Head, ""
	return done, nil
}
