package esdb

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"accountledger/eventstore"
)

// LogStream holds the log's id: the id of its last event. A log that was restored is given a new one
// by one more event.
const LogStream = "accountledger-log"

const (
	logCreatedType = "accountledger.log_created.v1"
	logCreatedData = "{}"
)

// LogID implements eventstore.Store. The first process that asks makes the id; of several at
// once one wins, and all of them get its. It is kept for as long as the store is open.
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
	last, err := s.few(ctx, s.readStreamFrom(LogStream, eventstore.Backwards, eventstore.End, 1))
	if err == nil && len(last) == 0 {
		if err = s.makeID(ctx); err == nil {
			last, err = s.few(ctx, s.readStreamFrom(LogStream, eventstore.Backwards, eventstore.End, 1))
		}
	}
	if err != nil {
		return uuid.Nil, err
	}
	if len(last) == 0 || last[0].ID == uuid.Nil {
		return uuid.Nil, corrupt(eventstore.Position{}, "the stream with the log's id has none")
	}
	id := last[0].ID
	s.logID.Store(&id)
	return id, nil
}

// makeID makes an id unless there is one by now.
func (s *Store) makeID(ctx context.Context) error {
	id, err := uuid.NewRandom()
	if err != nil {
		return fmt.Errorf("esdb: no random number for the log's id: %w", err)
	}
	_, err = s.append(ctx, LogStream, eventstore.NoStream, []eventstore.Event{{ID: id, Type: logCreatedType, Data: []byte(logCreatedData)}}, heedless)
	var other *eventstore.ConflictError
	if errors.As(err, &other) {
		return nil
	}
	if errors.Is(err, eventstore.ErrUnknownOutcome) {
		return fmt.Errorf("%w: the log's id could not be made", eventstore.ErrUnavailable)
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
	last, err := s.few(ctx, s.readStreamFrom(LogStream, eventstore.Backwards, eventstore.End, 1))
	if err != nil {
		return uuid.Nil, err
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return uuid.Nil, fmt.Errorf("esdb: no random number for the log's id: %w", err)
	}
	if _, err := s.append(ctx, LogStream, last[0].Version, []eventstore.Event{{ID: id, Type: logCreatedType, Data: []byte(logCreatedData)}}, heedless); err != nil {
		return uuid.Nil, err
	}
	s.logID.Store(&id)
	return id, nil
}
