package esdb

import (
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"accountledger/eventstore"
	"accountledger/internal/backoff"
)

// What the server puts in the trailers of a refused call.
const (
	trailerKind          = "exception"
	trailerLeaderHost    = "leader-endpoint-host"
	trailerLeaderPort    = "leader-endpoint-port"
	trailerActualVersion = "actual-version"
	trailerAppendLimit   = "maximum-append-size"
	trailerEventLimit    = "maximum-append-event-size"
	trailerEventSize     = "proposed-append-event-size"

	kindNotLeader      = "not-leader"
	kindStreamDeleted  = "stream-deleted"
	kindStreamNotFound = "stream-not-found"
	kindWrongVersion   = "wrong-expected-version"
	kindTooLarge       = "maximum-append-size-exceeded"
	kindEventTooLarge  = "maximum-append-event-size-exceeded"
	kindAccessDenied   = "access-denied"
)

// What a server says, without a kind, if it has no entry at the requested position.
const saysMisplaced = "InvalidPosition"

// fault is how a call failed. It holds nothing from the server's message, which may
// repeat a caller's data.
type fault struct {
	code    codes.Code
	kind    string // what the trailers say, or empty
	leader  string // for kindNotLeader: where the leader is, or empty
	actual  string // for kindWrongVersion
	doing   string // what was requested, such as "reading $all"
	user    string // the server's user, or empty
	limit   int64  // for kindTooLarge and kindEventTooLarge: the server's, in bytes
	needed  int64  // what was sent, in bytes, or 0
	nowhere bool   // no entry begins at the requested position
}

// diagnose analyses the error of a call.
func diagnose(err error, trailer metadata.MD) *fault {
	f := &fault{code: status.Code(err), kind: first(trailer, trailerKind), actual: first(trailer, trailerActualVersion)}
	f.nowhere = f.code == codes.Unknown && strings.Contains(status.Convert(err).Message(), saysMisplaced)
	if errors.Is(err, io.EOF) {
		f.code = codes.Unavailable // the stream of answers ended before the answer
	}
	host, port := first(trailer, trailerLeaderHost), first(trailer, trailerLeaderPort)
	if _, err := strconv.ParseUint(port, 10, 16); f.kind == kindNotLeader && err == nil {
		f.leader = net.JoinHostPort(host, port)
	}
	switch f.kind {
	case kindTooLarge:
		f.limit = number(trailer, trailerAppendLimit)
	case kindEventTooLarge:
		f.limit, f.needed = number(trailer, trailerEventLimit), number(trailer, trailerEventSize)
	}
	return f
}

// diagnosed is diagnose with what the store knows about the call.
func (s *Store) diagnosed(doing string, err error, trailer metadata.MD) *fault {
	f := diagnose(err, trailer)
	f.doing, f.user = doing, s.user
	return f
}

func first(md metadata.MD, key string) string {
	if values := md.Get(key); len(values) > 0 {
		return values[0]
	}
	return ""
}

// number is 0 for anything that is not a number.
func number(md metadata.MD, key string) int64 {
	n, err := strconv.ParseInt(first(md, key), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Error implements error.
func (f *fault) Error() string {
	says := f.answer()
	var told interface{ Says() string }
	switch {
	case errors.As(f.typed(), &told):
		says = told.Says() + ": " + says
	case f.doing != "":
		says = f.doing + ": " + says
	}
	return "esdb: " + says
}

// answer is the result of the call.
func (f *fault) answer() string {
	says := "the server answered " + f.code.String()
	if f.code == codes.DeadlineExceeded {
		says = "no answer in time"
	}
	if f.kind != "" {
		says += " (" + f.known() + ")"
	}
	return says
}

// known is the kind, if we know it: any other could hold anything.
func (f *fault) known() string {
	switch f.kind {
	case kindNotLeader, kindStreamDeleted, kindStreamNotFound, kindWrongVersion, kindTooLarge, kindEventTooLarge, kindAccessDenied:
		return f.kind
	}
	return "unknown kind"
}

// typed is the port's error for what an operator can fix, or nil.
func (f *fault) typed() error {
	switch {
	case f.code == codes.Unauthenticated:
		return &eventstore.DeniedError{Doing: f.doing, User: f.user, Credentials: true}
	case f.code == codes.PermissionDenied, f.kind == kindAccessDenied:
		return &eventstore.DeniedError{Doing: f.doing, User: f.user}
	case f.kind == kindTooLarge, f.kind == kindEventTooLarge:
		return &eventstore.LimitError{Doing: f.doing, Event: f.kind == kindEventTooLarge, Limit: f.limit, Needed: f.needed}
	}
	return nil
}

// Unwrap returns the port's error.
func (f *fault) Unwrap() error {
	if err := f.typed(); err != nil {
		return err
	}
	if f.misplaced() {
		return eventstore.ErrInvalid
	}
	return &eventstore.CallError{Doing: f.doing, Answer: f.answer()}
}

// refused reports whether the server certainly has not done what was requested, and will not.
func (f *fault) refused() bool {
	if f.nowhere {
		return true
	}
	switch f.kind {
	case kindNotLeader, kindStreamDeleted, kindWrongVersion, kindTooLarge, kindEventTooLarge, kindAccessDenied:
		return true
	}
	switch f.code {
	case codes.InvalidArgument, codes.Unauthenticated, codes.PermissionDenied, codes.Unimplemented, codes.ResourceExhausted:
		return true
	default:
		return false
	}
}

// misplaced reports whether no entry begins where the read of the log should start.
func (f *fault) misplaced() bool { return f.nowhere || f.code == codes.InvalidArgument }

// passing reports whether the same call may succeed later or at another node.
func (f *fault) passing() bool { return f.kind == kindNotLeader || !f.refused() }

// broken reports whether the connection should no longer be used. A leader that gives up an append (Aborted) has not heard from
// its followers, and may no longer be the leader.
func (f *fault) broken() bool {
	switch f.code {
	case codes.Unavailable, codes.Canceled, codes.DeadlineExceeded, codes.Aborted:
		return true
	default:
		return f.kind == kindNotLeader
	}
}

// faultOf returns the fault of a call; not that of a search for a node that callers have stopped waiting for.
func faultOf(err error) (*fault, bool) {
	var outage *eventstore.OutageError
	var f *fault
	if errors.As(err, &outage) || !errors.As(err, &f) {
		return nil, false
	}
	return f, true
}

// pauses are the delays between attempts.
func pauses() backoff.Tries {
	return backoff.Tries{Steps: backoff.Steps{First: 10 * time.Millisecond, Longest: time.Second, Factor: 2}}
}
