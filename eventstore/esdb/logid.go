package esdb

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"accountledger/eventstore"
)

// LogStream holds the log's id, in its last event. Restoring a log adds an event with a new id.
const LogStream = "log"

const logCreatedType = "accountledger.log_created.v1"

type logCreated struct {
	ID uuid.UUID `json:"id"`
}

// LogID implements eventstore.Store. The first process that asks creates the id, if the log has no events; if several
// do so at once, one wins and all get its id. It is kept while the store is open. *eventstore.NoLogIDError if the id is gone.
func (s *Store) LogID(ctx context.Context) (uuid.UUID, error) {
	if err := s.begin(ctx, &s.appends); err != nil {
		return uuid.Nil, err
	}
	defer s.appends.Done()
	return s.id(ctx)
}

func (s *Store) id(ctx context.Context) (uuid.UUID, error) {
	if id := s.logID.Load(); id != nil {
		return *id, nil
	}
	id, version, err := s.readID(ctx)
	if err == nil && id == uuid.Nil {
		if err = s.makeID(ctx, version); err == nil {
			id, _, err = s.readID(ctx)
		}
	}
	if err != nil {
		return uuid.Nil, err
	}
	if id == uuid.Nil {
		return uuid.Nil, &eventstore.NoLogIDError{Stream: s.opts.Prefix + LogStream}
	}
	s.logID.Store(&id)
	return id, nil
}

// readID returns the id and its version in the stream; none if the stream is empty.
func (s *Store) readID(ctx context.Context) (uuid.UUID, int64, error) {
	last, err := s.few(ctx, s.readEnd(LogStream))
	var f *fault
	switch {
	case errors.As(err, &f) && f.kind == kindStreamDeleted:
		return uuid.Nil, eventstore.NoStream, &eventstore.NoLogIDError{Stream: s.opts.Prefix + LogStream}
	case err != nil || len(last) == 0:
		return uuid.Nil, eventstore.NoStream, err
	}
	id, err := idOf(last)
	return id, last[0].Version, err
}

// idOf returns the id from the end of its stream; none if nothing there is the ledger's.
func idOf(last []entry) (uuid.UUID, error) {
	e, some := lastOwn(last)
	if !some {
		return uuid.Nil, nil
	}
	var created logCreated
	if e.Type != logCreatedType || json.Unmarshal(e.Data, &created) != nil || created.ID == uuid.Nil {
		return uuid.Nil, corrupt(e.Position, "the last event of the stream with the log's id holds no id")
	}
	return created.ID, nil
}

const (
	// ownTypes is the prefix of the types of the adapter's own events.
	ownTypes = "accountledger."
	// endEvents is how many events are read from the end of the adapter's own streams: others may have written there.
	endEvents = 32
)

// readEnd is a read of the end of one of the adapter's own streams.
func (s *Store) readEnd(stream string) *api.ReadReq {
	return s.readStreamFrom(stream, eventstore.Backwards, eventstore.End, endEvents)
}

// lastOwn is the adapter's own last event at the end of a stream.
func lastOwn(last []entry) (entry, bool) {
	i := slices.IndexFunc(last, func(e entry) bool { return strings.HasPrefix(e.Type, ownTypes) })
	if i < 0 {
		return entry{}, false
	}
	return last[i], true
}

// makeID creates an id, after a version of its stream, unless there is one by now.
func (s *Store) makeID(ctx context.Context, version int64) error {
	some, err := s.hasEvents(ctx)
	if err != nil {
		return err
	}
	if some { // they may be from another process, which has since created the id
		id, _, err := s.readID(ctx)
		if err == nil && id == uuid.Nil {
			err = &eventstore.NoLogIDError{Stream: s.opts.Prefix + LogStream}
		}
		return err
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return fmt.Errorf("esdb: no random number for the log's id: %w", err)
	}
	return s.writeID(ctx, id, version)
}

// writeID makes an id the log's, unless another process does so at the same time.
func (s *Store) writeID(ctx context.Context, id uuid.UUID, expected int64) error {
	data, err := json.Marshal(logCreated{id})
	if err != nil {
		return fmt.Errorf("esdb: the log's id cannot be written: %w", err)
	}
	event, err := uuid.NewRandom()
	if err != nil {
		return fmt.Errorf("esdb: no random number for the log's id: %w", err)
	}
	_, err = s.append(ctx, LogStream, expected, []eventstore.Event{{ID: event, Type: logCreatedType, Data: data}}, ignoreFence)
	var other *eventstore.ConflictError
	switch {
	case errors.As(err, &other):
		return nil
	case errors.Is(err, eventstore.ErrUnknownOutcome):
		return fmt.Errorf("%w: the log's id could not be created", eventstore.ErrUnavailable)
	}
	return err
}

// hasEvents reports whether the log has any event. It may scan everything others have on the server, which skips
// other prefixes itself.
func (s *Store) hasEvents(ctx context.Context) (some bool, err error) {
	o := allFrom(eventstore.Position{})
	o.CountOption = &api.ReadReq_Options_Count{Count: math.MaxInt64}
	o.FilterOption = &api.ReadReq_Options_Filter{Filter: &api.ReadReq_Options_FilterOptions{
		Filter: &api.ReadReq_Options_FilterOptions_StreamIdentifier{StreamIdentifier: &api.ReadReq_Options_FilterOptions_Expression{Prefix: []string{s.opts.Prefix}}},
		Window: &api.ReadReq_Options_FilterOptions_Max{Max: searchedAtOnce}, CheckpointIntervalMultiplier: 1}}
	err = s.ask(ctx, s.leader, func(ctx context.Context, n *node) error {
		return s.read(asLeader(ctx), n, &api.ReadReq{Options: o}, func(e entry) error {
			if some = !e.foreign; some {
				return errEnough
			}
			return nil
		})
	})
	return some, err
}

// searchedAtOnce is how many entries the server scans before it reports its progress.
const searchedAtOnce = 1000

// PutBackID restores the id of a log that has lost it. The operator supplies it: the vault knows it.
func (s *Store) PutBackID(ctx context.Context, id uuid.UUID) error {
	if err := s.begin(ctx, &s.appends); err != nil {
		return err
	}
	defer s.appends.Done()
	was, version, err := s.readID(ctx)
	if err != nil || was == id {
		return err
	}
	if was != uuid.Nil {
		return fmt.Errorf("%w: the log has another id, %s", eventstore.ErrInvalid, was)
	}
	written := s.writeID(ctx, id, version) // a deleted stream continues at another version, which is fine here
	if was, _, err = s.readID(ctx); err == nil && was != id {
		err = errors.Join(written, &eventstore.NoLogIDError{Stream: s.opts.Prefix + LogStream})
	}
	return err
}

// NewHistory gives the log another id, by one more event: readers whose checkpoint is in events that the server lost must not
// take what comes next for the same history. Other processes keep the id they know until they are restarted, so none may be running.
func (s *Store) NewHistory(ctx context.Context) (uuid.UUID, error) {
	if err := s.begin(ctx, &s.appends); err != nil {
		return uuid.Nil, err
	}
	defer s.appends.Done()
	if _, err := s.id(ctx); err != nil { // there must be one
		return uuid.Nil, err
	}
	_, version, err := s.readID(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return uuid.Nil, fmt.Errorf("esdb: no random number for the log's id: %w", err)
	}
	if err := s.writeID(ctx, id, version); err != nil {
		return uuid.Nil, err
	}
	s.logID.Store(&id)
	return s.id(ctx)
}
