package esdbtest

import (
	"encoding/binary"
	"strconv"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protowire"
)

func (l *log) wire(r *record) *api.ReadResp {
	return &api.ReadResp{Content: &api.ReadResp_Event{Event: &api.ReadResp_ReadEvent{
		Position: &api.ReadResp_ReadEvent_CommitPosition{CommitPosition: r.at},
		Event: &api.ReadResp_ReadEvent_RecordedEvent{
			Id:               wireID(r.id),
			StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(r.stream)},
			StreamRevision:   uint64(r.revision),
			CommitPosition:   r.at,
			PreparePosition:  l.prepare(r.at),
			Metadata: map[string]string{
				"type": r.typ, "content-type": r.content, "created": strconv.FormatInt(r.created.UnixNano()/100, 10),
			},
			CustomMetadata: r.metadata,
			Data:           r.data,
		},
	}}}
}

func notFound(stream string) *api.ReadResp {
	return &api.ReadResp{Content: &api.ReadResp_StreamNotFound_{StreamNotFound: &api.ReadResp_StreamNotFound{
		StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(stream)},
	}}}
}

func firstPosition(revision int64) *api.ReadResp {
	return &api.ReadResp{Content: &api.ReadResp_FirstStreamPosition{FirstStreamPosition: uint64(revision)}}
}

func lastPosition(revision int64) *api.ReadResp {
	return &api.ReadResp{Content: &api.ReadResp_LastStreamPosition{LastStreamPosition: uint64(revision)}}
}

func (l *log) checkpoint(at uint64) *api.ReadResp {
	return &api.ReadResp{Content: &api.ReadResp_Checkpoint_{Checkpoint: &api.ReadResp_Checkpoint{
		CommitPosition: at, PreparePosition: l.prepare(at),
	}}}
}

// Fields of caught_up that newer servers send and the vendor's client does not know yet.
const (
	caughtUpTimestamp = 1
	caughtUpPosition  = 3
)

// caughtUp says that a subscription has everything up to a position.
func (l *log) caughtUp(now time.Time, at uint64) *api.ReadResp {
	stamp := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(now.Unix())) // after 1970
	place := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), at)
	place = protowire.AppendVarint(protowire.AppendTag(place, 2, protowire.VarintType), l.prepare(at))
	raw := protowire.AppendBytes(protowire.AppendTag(nil, caughtUpTimestamp, protowire.BytesType), stamp)
	raw = protowire.AppendBytes(protowire.AppendTag(raw, caughtUpPosition, protowire.BytesType), place)
	up := &api.ReadResp_CaughtUp{}
	up.ProtoReflect().SetUnknown(raw)
	return &api.ReadResp{Content: &api.ReadResp_CaughtUp_{CaughtUp: up}}
}

func wireID(id uuid.UUID) *shared.UUID {
	return &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
		MostSignificantBits:  int64(binary.BigEndian.Uint64(id[:8])),
		LeastSignificantBits: int64(binary.BigEndian.Uint64(id[8:])),
	}}}
}

func readID(id *shared.UUID) (u uuid.UUID) {
	if bits := id.GetStructured(); bits != nil {
		binary.BigEndian.PutUint64(u[:8], uint64(bits.GetMostSignificantBits()))
		binary.BigEndian.PutUint64(u[8:], uint64(bits.GetLeastSignificantBits()))
		return u
	}
	u, err := uuid.Parse(id.GetString_())
	if err != nil {
		return uuid.Nil
	}
	return u
}
