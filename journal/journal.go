package journal

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/eventstore"
)

// What the store says passes through under the journal's name.
type (
	// Position is a place in the log.
	Position = eventstore.Position
	// Checkpoint is a verified place in one log.
	Checkpoint = eventstore.Checkpoint
	// ConflictError: the stream has moved; load and decide again.
	ConflictError = eventstore.ConflictError
	// ForeignCheckpointError: a checkpoint belongs to another log, or to another history of this one.
	ForeignCheckpointError = eventstore.ForeignCheckpointError
)

// ErrUnknownOutcome: whether the append happened could not be found out in time.
var ErrUnknownOutcome = eventstore.ErrUnknownOutcome

// ErrFenced: the log takes no appends until an operator decides where the ledger continues.
var ErrFenced = eventstore.ErrFenced

// Unavailable reports whether an error means that the log cannot be read or appended to for now: it is fenced, full, damaged,
// closed, read-only or out of reach.
func Unavailable(err error) bool {
	var damaged *eventstore.CorruptError
	for _, why := range []error{eventstore.ErrFenced, eventstore.ErrReadOnly, eventstore.ErrNoSpace, eventstore.ErrUnavailable, eventstore.ErrClosed} {
		if errors.Is(err, why) {
			return true
		}
	}
	return errors.As(err, &damaged)
}

// Head is the end of a stream as somebody read it: what an append is decided on.
type Head struct {
	Stream  string
	Version int64     // NoStream when there is no event
	At      time.Time // of the last event
}

// NoStream is the head of a stream that does not exist.
func NoStream(stream string) Head { return Head{Stream: stream, Version: eventstore.NoStream} }

// Exists reports whether the stream has an event.
func (h Head) Exists() bool { return h.Version != eventstore.NoStream }

// Entry is an event to append.
type Entry struct {
	ID       domain.EventID
	Metadata domain.Metadata
	Event    any
}

// Record is an event as it stands in the log.
type Record struct {
	domain.Fact
	Position Position
}

// Committed says what an append did.
type Committed struct {
	Head     Head
	Position Position
	Facts    []domain.Fact
}

// Journal reads and appends typed events. It is safe for concurrent use.
type Journal struct {
	store    eventstore.Store
	registry *Registry
	sealing  *sealing
	pages    *pageCache
	passed   passedOver
	stopped  atomic.Pointer[error]
}

// New makes a journal over a log and the keys its parts are sealed under.
func New(store eventstore.Store, registry *Registry, keys Keys) *Journal {
	return &Journal{store: store, registry: registry, sealing: newSealing(registry, keys), pages: newPageCache()}
}

// Append adds events after head, all or none. It seals once and resolves an unknown outcome itself, by
// appending the same bytes again while ctx lasts. A *ConflictError means that the stream has moved.
// Times before the head's are lifted to it, so that a stream's times never go back.
func (j *Journal) Append(ctx context.Context, head Head, entries ...Entry) (Committed, error) {
	if why := j.stopped.Load(); why != nil {
		return Committed{}, fmt.Errorf("%w: %w", eventstore.ErrUnavailable, *why)
	}
	events := make([]eventstore.Event, len(entries))
	facts := make([]domain.Fact, len(entries))
	at := head.At
	for i, e := range entries {
		if e.Metadata.At.Before(at) {
			e.Metadata.At = at
		}
		at = e.Metadata.At.UTC().Round(0)
		e.Metadata.At, e.Metadata.Format = at, domain.MetadataFormat
		var err error
		if events[i], facts[i], err = j.encode(ctx, head.Stream, e); err != nil {
			return Committed{}, err
		}
		facts[i].Version = head.Version + 1 + int64(i)
	}
	done, err := j.resolve(ctx, head, events)
	if err != nil {
		return Committed{}, err
	}
	return Committed{Head: Head{Stream: head.Stream, Version: done.Version, At: at}, Position: done.Position, Facts: facts}, nil
}

// Stop has every append from now on fail with why, until the program ends: what belongs to the log is not what it was.
func (j *Journal) Stop(why error) { j.stopped.CompareAndSwap(nil, &why) }

// resolveTries bounds how often the same bytes are appended again while the outcome is unknown, and resolveFor for how long: a log
// that is slow has had its time by then.
const (
	resolveTries = 5
	resolveFor   = 10 * time.Second
)

func (j *Journal) resolve(ctx context.Context, head Head, events []eventstore.Event) (done eventstore.Appended, err error) {
	begun := time.Now()
	for try := range resolveTries {
		done, err = j.store.Append(ctx, head.Stream, head.Version, events...)
		var conflict *ConflictError
		unknown := errors.Is(err, eventstore.ErrUnknownOutcome) && !errors.Is(err, eventstore.ErrReadOnly)
		switch {
		case errors.As(err, &conflict) && conflict.Actual < head.Version:
			return done, &eventstore.CorruptError{Offset: -1, Reason: fmt.Sprintf("stream %s ends at version %d and has been read up to version %d: its end is lost",
				head.Stream, conflict.Actual, head.Version)}
		case err == nil || errors.As(err, &conflict):
			return done, err
		case try > 0 && !unknown: // this try appended nothing, but one before it may have
			return done, fmt.Errorf("%w: %w", eventstore.ErrUnknownOutcome, err)
		case !unknown || time.Since(begun) >= resolveFor:
			return done, err
		}
		select {
		case <-ctx.Done():
			return done, err
		case <-time.After(time.Duration(try+1) * 50 * time.Millisecond):
		}
	}
	return done, err
}

func (j *Journal) encode(ctx context.Context, stream string, e Entry) (eventstore.Event, domain.Fact, error) {
	var none eventstore.Event
	t, err := j.registry.Of(e.Event)
	if err != nil {
		return none, domain.Fact{}, err
	}
	if err := t.shape.check(reflect.ValueOf(e.Event)); err != nil {
		return none, domain.Fact{}, fmt.Errorf("journal: %s%w", t.name, err)
	}
	if err := checkMetadata(e.Metadata); err != nil {
		return none, domain.Fact{}, fmt.Errorf("journal: %s: metadata: %w", t.name, err)
	}
	sealed, err := j.sealing.seal(ctx, binding{stream, e.ID, t.name}, t, e.Event)
	if err != nil {
		return none, domain.Fact{}, err
	}
	data, err := json.Marshal(sealed)
	if err != nil {
		return none, domain.Fact{}, fmt.Errorf("journal: %s cannot be written: %w", t.name, err)
	}
	metadata, err := json.Marshal(e.Metadata)
	if err != nil {
		return none, domain.Fact{}, fmt.Errorf("journal: metadata of %s cannot be written: %w", t.name, err)
	}
	fact := domain.Fact{ID: e.ID, Stream: stream, Type: t.name, Metadata: e.Metadata, Event: sealed}
	return eventstore.Event{ID: e.ID.UUID, Type: t.name, Data: data, Metadata: metadata}, fact, nil
}

func (j *Journal) decode(stored eventstore.Recorded) (Record, error) {
	fact := domain.Fact{ID: domain.EventID{UUID: stored.ID}, Stream: stored.Stream, Version: stored.Version, Type: stored.Type}
	if err := json.Unmarshal(stored.Metadata, &fact.Metadata); err != nil {
		if newer := newerFormat(stored.Metadata); newer != nil {
			return Record{}, newer
		}
		return Record{}, unreadable(&stored, "its metadata are not a ledger's", err)
	}
	if fact.Format != domain.MetadataFormat {
		return Record{}, &UnknownTypeError{Type: fmt.Sprintf("metadata format %d", fact.Format)}
	}
	if field := unknownIn(&fact.Metadata); field != "" {
		return Record{}, fmt.Errorf("%s version %d: %w", stored.Stream, stored.Version, &UnknownTypeError{Type: stored.Type, Field: field})
	}
	event, err := j.registry.Decode(stored.Type, stored.Data)
	var newer *UnknownTypeError
	switch {
	case errors.As(err, &newer):
		return Record{}, fmt.Errorf("%s version %d: %w", stored.Stream, stored.Version, err)
	case err != nil:
		return Record{}, unreadable(&stored, "its data are not those of a "+stored.Type, err)
	}
	fact.Event = event
	return Record{Fact: fact, Position: stored.Position}, nil
}

// newerFormat tells metadata of another format, which may hold anything else in another form, from damaged ones.
func newerFormat(metadata []byte) error {
	var m struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(metadata, &m); err != nil || m.Format == domain.MetadataFormat {
		return nil //nolint:nilerr // then the first error says what is wrong
	}
	return &UnknownTypeError{Type: fmt.Sprintf("metadata format %d", m.Format)}
}

// Open reads a part of a fact: ErrUnreadable when its key is destroyed, which is normal after an erasure; ErrKeyUnknown when the
// vault never had it; ErrForged when the part does not belong there. A missing part gives the zero value.
func Open[T any](ctx context.Context, j *Journal, f domain.Fact, p domain.Part[T]) (T, error) {
	var v T
	sealed := p.Sealed()
	if sealed == nil {
		return v, nil
	}
	err := j.sealing.open(ctx, binding{f.Stream, f.ID, f.Type}, sealed, &v)
	return v, err
}

// Destroy destroys keys permanently, and everything derived from them here.
func (j *Journal) Destroy(ctx context.Context, names ...string) error {
	return j.sealing.keys.DestroyKeys(ctx, names...)
}

// Head is the end of the log.
func (j *Journal) Head(ctx context.Context) (Checkpoint, error) { return j.store.Head(ctx) }

// LogID tells which log it is.
func (j *Journal) LogID(ctx context.Context) (uuid.UUID, error) { return j.store.LogID(ctx) }

// Distance is how far apart two positions are, and in what unit.
func (j *Journal) Distance(ctx context.Context, from, to Position) (int64, string, error) {
	n, unit, err := j.store.Distance(ctx, from, to)
	return n, string(unit), err
}

// unknownIn names the field of metadata that holds a value outside its closed set, "" when none does.
func unknownIn(m *domain.Metadata) string {
	switch {
	case m.Actor.Kind.Validate() != nil:
		return "metadata/actor/kind"
	case m.OnBehalfOf.Kind != "" && m.OnBehalfOf.Kind.Validate() != nil:
		return "metadata/on_behalf_of/kind"
	case m.Channel.Validate() != nil:
		return "metadata/channel"
	}
	return ""
}

func checkMetadata(m domain.Metadata) error {
	for _, v := range []struct {
		value    validator
		optional bool
	}{{m.Actor.Kind, false}, {m.OnBehalfOf.Kind, true}, {m.Fingerprint, true}, {m.Region, true}, {m.Channel, false}, {m.Purpose, true}, {m.Case, true}} {
		if v.optional && reflect.ValueOf(v.value).IsZero() {
			continue
		}
		if err := v.value.Validate(); err != nil {
			return err
		}
	}
	if m.At.IsZero() {
		return errors.New("no time")
	}
	return nil
}
