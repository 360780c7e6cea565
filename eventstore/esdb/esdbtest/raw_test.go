package esdbtest_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"accountledger/internal/await"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Expected revisions.
const (
	none = -1
	some = -2
)

// raw speaks the bare protocol, since the vendor's client hides much of it.
type raw struct {
	*testing.T
	api.StreamsClient
	conn *grpc.ClientConn
	ctx  context.Context
}

func dial(t *testing.T, address string) raw {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDisableRetry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), await.Patience)
	t.Cleanup(cancel)
	return raw{t, api.NewStreamsClient(conn), conn, ctx}
}

// as makes the same calls as a user.
func (w raw) as(name, password string) raw {
	return w.with("authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(name+":"+password)))
}

func (w raw) with(pair ...string) raw {
	w.ctx = metadata.AppendToOutgoingContext(w.ctx, pair...)
	return w
}

func (w raw) within(d time.Duration) raw {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, d)
	w.Cleanup(cancel)
	w.ctx = ctx
	return w
}

// written is the answer to an append: "3" for a revision, "wrong: expected 1, current 2", or the refusal.
type written struct {
	said     string
	commit   uint64
	prepare  uint64
	trailer  metadata.MD
	response *api.AppendResp
}

func proposals(n int) []*api.AppendReq_ProposedMessage {
	all := make([]*api.AppendReq_ProposedMessage, n)
	for i := range all {
		all[i] = &api.AppendReq_ProposedMessage{
			Id:       &shared.UUID{Value: &shared.UUID_String_{String_: uuid.NewString()}},
			Metadata: map[string]string{"type": "happened", "content-type": "application/json"}, Data: []byte("{}"),
		}
	}
	return all
}

func (w raw) append(stream string, expected int, events ...*api.AppendReq_ProposedMessage) written {
	w.Helper()
	call, err := w.Append(w.ctx)
	if err != nil {
		return written{said: refusal(err, nil)}
	}
	o := &api.AppendReq_Options{StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(stream)}}
	switch expected {
	case none:
		o.ExpectedStreamRevision = &api.AppendReq_Options_NoStream{NoStream: &shared.Empty{}}
	case some:
		o.ExpectedStreamRevision = &api.AppendReq_Options_Any{Any: &shared.Empty{}}
	default:
		o.ExpectedStreamRevision = &api.AppendReq_Options_Revision{Revision: uint64(expected)}
	}
	_ = call.Send(&api.AppendReq{Content: &api.AppendReq_Options_{Options: o}})
	for _, e := range events {
		_ = call.Send(&api.AppendReq{Content: &api.AppendReq_ProposedMessage_{ProposedMessage: e}})
	}
	resp, err := call.CloseAndRecv()
	out := written{trailer: call.Trailer(), response: resp}
	switch wrong := resp.GetWrongExpectedVersion(); {
	case err != nil:
		out.said = refusal(err, call.Trailer())
	case wrong != nil:
		out.said = fmt.Sprintf("wrong: expected %d, current %d", int64(wrong.GetExpectedRevision()), int64(wrong.GetCurrentRevision()))
		if _, ok := wrong.GetCurrentRevisionOption().(*api.AppendResp_WrongExpectedVersion_CurrentNoStream); ok {
			out.said = fmt.Sprintf("wrong: expected %d, no stream", int64(wrong.GetExpectedRevision()))
		}
	default:
		at := resp.GetSuccess().GetPosition()
		out.said, out.commit, out.prepare = fmt.Sprint(resp.GetSuccess().GetCurrentRevision()), at.GetCommitPosition(), at.GetPreparePosition()
	}
	return out
}

// refusal is the code, the kind if there is one, and the message.
func refusal(err error, trailer metadata.MD) string {
	s := status.Convert(err)
	kind := strings.Join(trailer.Get("exception"), ",")
	return fmt.Sprintf("%d %s: %s", s.Code(), kind, s.Message())
}

func (w raw) says(what, want, got string) {
	w.Helper()
	if got != want {
		w.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// expires checks that a call was given up because nobody answered.
func (w raw) expires(what, got string) {
	w.Helper()
	if !strings.HasPrefix(got, "4 ") {
		w.Errorf("%s: got %q, want no answer", what, got)
	}
}

// options configure a read; see streamOf, allOf.
type options func(*api.ReadReq_Options)

func streamOf(name string) options {
	return func(o *api.ReadReq_Options) {
		o.StreamOption = &api.ReadReq_Options_Stream{Stream: &api.ReadReq_Options_StreamOptions{
			StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(name)},
			RevisionOption:   &api.ReadReq_Options_StreamOptions_Start{Start: &shared.Empty{}},
		}}
	}
}

func fromRevision(v uint64) options {
	return func(o *api.ReadReq_Options) {
		o.GetStream().RevisionOption = &api.ReadReq_Options_StreamOptions_Revision{Revision: v}
	}
}

func all(o *api.ReadReq_Options) {
	o.StreamOption = &api.ReadReq_Options_All{All: &api.ReadReq_Options_AllOptions{
		AllOption: &api.ReadReq_Options_AllOptions_Start{Start: &shared.Empty{}},
	}}
}

func fromPosition(at uint64) options {
	return func(o *api.ReadReq_Options) {
		all(o)
		o.GetAll().AllOption = &api.ReadReq_Options_AllOptions_Position{Position: &api.ReadReq_Options_Position{CommitPosition: at, PreparePosition: at}}
	}
}

func fromEnd(o *api.ReadReq_Options) {
	all(o)
	o.GetAll().AllOption = &api.ReadReq_Options_AllOptions_End{End: &shared.Empty{}}
}

func backwards(o *api.ReadReq_Options) {
	o.ReadDirection = api.ReadReq_Options_Backwards
	if o.GetAll() != nil {
		o.GetAll().AllOption = &api.ReadReq_Options_AllOptions_End{End: &shared.Empty{}}
		return
	}
	o.GetStream().RevisionOption = &api.ReadReq_Options_StreamOptions_End{End: &shared.Empty{}}
}

func count(n uint64) options {
	return func(o *api.ReadReq_Options) { o.CountOption = &api.ReadReq_Options_Count{Count: n} }
}

func subscribing(o *api.ReadReq_Options) {
	o.CountOption = &api.ReadReq_Options_Subscription{Subscription: &api.ReadReq_Options_SubscriptionOptions{}}
}

// positions asks for the first and last revision of the stream.
func positions(o *api.ReadReq_Options) {
	o.ControlOption = &api.ReadReq_Options_ControlOption{Compatibility: 1}
}

func (w raw) call(how ...options) api.Streams_ReadClient {
	w.Helper()
	call, err := w.ask(how...)
	if err != nil {
		w.Fatal(err)
	}
	return call
}

func (w raw) ask(how ...options) (api.Streams_ReadClient, error) {
	o := &api.ReadReq_Options{
		FilterOption: &api.ReadReq_Options_NoFilter{NoFilter: &shared.Empty{}},
		UuidOption:   &api.ReadReq_Options_UUIDOption{Content: &api.ReadReq_Options_UUIDOption_Structured{Structured: &shared.Empty{}}},
		CountOption:  &api.ReadReq_Options_Count{Count: 1000},
	}
	for _, set := range how {
		set(o)
	}
	return w.Read(w.ctx, &api.ReadReq{Options: o})
}

// message describes a message of a read: stream@revision for an event.
func message(resp *api.ReadResp) string {
	switch m := resp.GetContent().(type) {
	case *api.ReadResp_Event:
		e := m.Event.GetEvent()
		return fmt.Sprintf("%s@%d", e.GetStreamIdentifier().GetStreamName(), e.GetStreamRevision())
	case *api.ReadResp_StreamNotFound_:
		return "not found"
	case *api.ReadResp_FirstStreamPosition:
		return fmt.Sprintf("first %d", m.FirstStreamPosition)
	case *api.ReadResp_LastStreamPosition:
		return fmt.Sprintf("last %d", m.LastStreamPosition)
	case *api.ReadResp_Confirmation:
		return "confirmed"
	case *api.ReadResp_CaughtUp_:
		return "caught up"
	case *api.ReadResp_Checkpoint_:
		return fmt.Sprintf("checkpoint %d", m.Checkpoint.GetCommitPosition())
	}
	return fmt.Sprintf("%T", resp.GetContent())
}

// read returns all messages of a read, and finally the refusal, if any.
func (w raw) read(how ...options) string {
	w.Helper()
	call, err := w.ask(how...)
	if err != nil {
		return refusal(err, nil)
	}
	var got []string
	for {
		resp, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return strings.Join(got, " ")
		}
		if err != nil {
			return strings.Join(append(got, refusal(err, call.Trailer())), " ")
		}
		got = append(got, message(resp))
	}
}

// next is the next message of a subscription.
func (w raw) next(call api.Streams_ReadClient) (string, *api.ReadResp) {
	w.Helper()
	resp, err := call.Recv()
	if err != nil {
		return refusal(err, call.Trailer()), nil
	}
	return message(resp), resp
}

func (w raw) positionsOf(stream string) []uint64 {
	w.Helper()
	call := w.call(streamOf(stream))
	var at []uint64
	for {
		resp, err := call.Recv()
		if err != nil {
			return at
		}
		if e := resp.GetEvent(); e != nil {
			at = append(at, e.GetEvent().GetCommitPosition())
		}
	}
}

func code(err error) codes.Code { return status.Code(err) }
