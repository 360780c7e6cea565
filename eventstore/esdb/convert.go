package esdb

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"

	"accountledger/eventstore"
)

// Keys of the server's own event metadata.
const (
	metaType        = "type"
	metaContentType = "content-type"
	// contentType marks the data as opaque, for the server too.
	contentType = "application/octet-stream"
)

// typeStreamDeleted is the event the server adds to a permanently deleted stream.
const typeStreamDeleted = "$streamDeleted"

// noPosition is what older servers return for an event read from its stream.
const noPosition = math.MaxUint64

// streamIdentifier is the server's name for a stream.
func (s *Store) streamIdentifier(stream string) *shared.StreamIdentifier {
	return &shared.StreamIdentifier{StreamName: []byte(s.opts.Prefix + stream)}
}

func wireID(id uuid.UUID) *shared.UUID {
	return &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
		MostSignificantBits:  int64(binary.BigEndian.Uint64(id[:8])), //nolint:gosec // bits, not a number
		LeastSignificantBits: int64(binary.BigEndian.Uint64(id[8:])), //nolint:gosec // bits, not a number
	}}}
}

// readID returns the zero UUID for anything that is not a UUID.
func readID(id *shared.UUID) (u uuid.UUID) {
	if bits := id.GetStructured(); bits != nil {
		binary.BigEndian.PutUint64(u[:8], uint64(bits.GetMostSignificantBits()))  //nolint:gosec // bits, not a number
		binary.BigEndian.PutUint64(u[8:], uint64(bits.GetLeastSignificantBits())) //nolint:gosec // bits, not a number
		return u
	}
	u, err := uuid.Parse(id.GetString_())
	if err != nil {
		return uuid.Nil
	}
	return u
}

func proposed(e *eventstore.Event) *api.AppendReq {
	return &api.AppendReq{Content: &api.AppendReq_ProposedMessage_{ProposedMessage: &api.AppendReq_ProposedMessage{
		Id:             wireID(e.ID),
		Metadata:       map[string]string{metaType: e.Type, metaContentType: contentType},
		CustomMetadata: e.Metadata,
		Data:           e.Data,
	}}}
}

// entry is an event on the server, the ledger's or not.
type entry struct {
	eventstore.Recorded
	foreign bool // not the ledger's: hidden from readers
}

// checkpoint is the position of the entry. It has no event id if the entry is the server's own: that may be
// scavenged, and then nobody could verify the id.
func (e *entry) checkpoint(log uuid.UUID) eventstore.Checkpoint {
	c := eventstore.Checkpoint{Log: log, Position: e.Position}
	if !e.foreign {
		c.Event = e.ID
	}
	return c
}

func (e *entry) size() int {
	return len(e.Stream) + len(e.Type) + len(e.Data) + len(e.Metadata)
}

// readEntry converts an event. Faults that only the operator can fix are
// *eventstore.CorruptError.
func (s *Store) readEntry(r *api.ReadResp_ReadEvent_RecordedEvent) (entry, error) {
	commit, prepare := r.GetCommitPosition(), r.GetPreparePosition()
	stream, ours := strings.CutPrefix(string(r.GetStreamIdentifier().GetStreamName()), s.opts.Prefix)
	e := entry{Recorded: eventstore.Recorded{
		Event: eventstore.Event{
			ID: readID(r.GetId()), Type: r.GetMetadata()[metaType],
			Data: r.GetData(), Metadata: r.GetCustomMetadata(),
		},
		Stream:   stream,
		Version:  int64(r.GetStreamRevision()), //nolint:gosec // the server counts in int64
		Position: eventstore.NewPosition(commit, prepare),
	}}
	e.foreign = !ours || !s.named(e.Stream) || e.Type == typeStreamDeleted
	switch {
	case e.foreign && !isReserved(stream): // not ours to judge
		return e, nil
	case commit == noPosition || prepare == noPosition:
		return entry{}, corrupt(eventstore.Position{},
			"the server returns no positions with a stream's events: it is older than 22.6, or wrote them in a transaction")
	case commit > math.MaxInt64 || e.Version < 0:
		return entry{}, corrupt(e.Position, "a position or version is out of range")
	case e.ID == uuid.Nil && !e.foreign:
		return entry{}, corrupt(e.Position, "an event has no id")
	}
	return e, nil
}

// named reports whether a name, without the prefix, is one of the ledger's streams.
func (s *Store) named(stream string) bool {
	if isReserved(stream) || strings.HasPrefix(stream, "$") {
		return false
	}
	return s.opts.Names == nil || s.opts.Names(stream)
}

// cut is the error for a stream that has lost events: somebody truncated or deleted it at the server.
func (s *Store) cut(stream string, at eventstore.Position, what string) error {
	name := s.opts.Prefix + stream
	return corrupt(at, fmt.Sprintf("stream %s: %s; check $tb, $maxCount and $maxAge in its metadata at the server, $$%s", name, what, name))
}

// isReserved reports whether a stream is the adapter's own, which is not part of the log.
func isReserved(stream string) bool {
	return stream == LogStream || stream == FenceStream
}

func corrupt(at eventstore.Position, reason string) error {
	return &eventstore.CorruptError{File: "EventStoreDB", Offset: -1, At: at, Reason: reason}
}
