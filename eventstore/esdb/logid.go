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

// LogStream holds the log's id, in its last event. A log that was restored is given a new one by one more event.
const LogStream = "log"

const logCreatedType = "accountledger.log_created.v1"

type logCreated struct {
	ID uuid.UUID `json:"id"`
}

// NoLogIDError: the log has events, and the stream with its id is gone. Without the id nobody knows which log it is.
type NoLogIDError struct{ Stream string }

func (e *NoLogIDError) Error() string {
	return fmt.Sprintf("esdb: the log has events, and stream %s, which holds its id, is empty or deleted", e.Stream)
}

// LogID implements eventstore.Store. The first process that asks makes the id, of a log without events; of several at
// once one wins, and all of them get its. It is kept for as long as the store is open. *NoLogIDError where the id is gone.
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
		return uuid.Nil, &NoLogIDError{s.opts.Prefix + LogStream}
	}
	s.logID.Store(&id)
	return id, nil
}

// readID gives the id and the version at which it stands; none where the stream is empty.
func (s *Store) readID(ctx context.Context) (uuid.UUID, int64, error) {
	last, err := s.few(ctx, s.readEnd(LogStream))
	var f *fault
	switch {
	case errors.As(err, &f) && f.kind == kindStreamDeleted:
		return uuid.Nil, eventstore.NoStream, &NoLogIDError{s.opts.Prefix + LogStream}
	case err != nil || len(last) == 0:
		return uuid.Nil, eventstore.NoStream, err
	}
	id, err := idOf(last)
	return id, last[0].Version, err
}

// idOf gives the id that the end of its stream holds; none where nothing there is the ledger's.
func idOf(last []entry) (uuid.UUID, error) {
	e, some := lastOwn(last)
	if !some {
		return uuid.Nil, nil
	}
	var created logCreated
	if e.Type != logCreatedType || json.Unmarshal(e.Data, &created) != nil || created.ID == uuid.Nil {
		return uuid.Nil, corrupt(e.Position, "the last event of the stream with the log's id is none")
	}
	return created.ID, nil
}

const (
	// ownTypes begins the types of the adapter's own events.
	ownTypes = "accountledger."
	// endEvents is how many events of the end of one of the adapter's own streams are looked at: others may have written there.
	endEvents = 32
)

// readEnd asks for the end of one of the adapter's own streams.
func (s *Store) readEnd(stream string) *api.ReadReq {
	return s.readStreamFrom(stream, eventstore.Backwards, eventstore.End, endEvents)
}

// lastOwn is the last event of the adapter's own among those of the end of a stream.
func lastOwn(last []entry) (entry, bool) {
	i := slices.IndexFunc(last, func(e entry) bool { return strings.HasPrefix(e.Type, ownTypes) })
	if i < 0 {
		return entry{}, false
	}
	return last[i], true
}

// makeID makes an id, behind a version of its stream, unless there is one by now.
func (s *Store) makeID(ctx context.Context, version int64) error {
	some, err := s.hasEvents(ctx)
	if err != nil {
		return err
	}
	if some { // they may be those of another process, which has made the id meanwhile
		id, _, err := s.readID(ctx)
		if err == nil && id == uuid.Nil {
			err = &NoLogIDError{s.opts.Prefix + LogStream}
		}
		return err
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return fmt.Errorf("esdb: no random number for the log's id: %w", err)
	}
	return s.writeID(ctx, id, version)
}

// writeID makes an id the log's, unless another process did so at the same time.
func (s *Store) writeID(ctx context.Context, id uuid.UUID, expected int64) error {
	data, err := json.Marshal(logCreated{id})
	if err != nil {
		return fmt.Errorf("esdb: the log's id cannot be written: %w", err)
	}
	event, err := uuid.NewRandom()
	if err != nil {
		return fmt.Errorf("esdb: no random number for the log's id: %w", err)
	}
	_, err = s.append(ctx, LogStream, expected, []eventstore.Event{{ID: event, Type: logCreatedType, Data: data}}, heedless)
	var other *eventstore.ConflictError
	switch {
	case errors.As(err, &other):
		return nil
	case errors.Is(err, eventstore.ErrUnknownOutcome):
		return fmt.Errorf("%w: the log's id could not be made", eventstore.ErrUnavailable)
	}
	return err
}

// hasEvents says whether the log has any event. It may read all that others have on the server, which has the server pass over what
// has another prefix.
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

// searchedAtOnce is how many entries the server looks through before it says how far it is.
const searchedAtOnce = 1000

// PutBackID gives a log whose id is gone that id again. The operator says which: the vault knows.
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
	written := s.writeID(ctx, id, version) // a stream that was deleted goes on at another version, which is no fault here
	if was, _, err = s.readID(ctx); err == nil && was != id {
		err = errors.Join(written, &NoLogIDError{s.opts.Prefix + LogStream})
	}
	return err
}

// NewHistory gives the log another id, by one more event: whoever stands in events that the server lost must not take what comes
// for the same history. Other processes keep the id that they know until they are restarted, so none may run.
func (s *Store) NewHistory(ctx context.Context) (uuid.UUID, error) {
	if err := s.begin(ctx, &s.appends); err != nil {
		return uuid.Nil, err
	}
	defer s.appends.Done()
	if _, err := s.id(ctx); err != nil { // there is one
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
