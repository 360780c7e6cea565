package esdb

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"accountledger/eventstore"
	"accountledger/internal/backoff"
)

// What the server says in the trailers of a call that it refuses.
const (
	trailerKind          = "exception"
	trailerLeaderHost    = "leader-endpoint-host"
	trailerLeaderPort    = "leader-endpoint-port"
	trailerActualVersion = "actual-version"

	kindNotLeader      = "not-leader"
	kindStreamDeleted  = "stream-deleted"
	kindStreamNotFound = "stream-not-found"
	kindWrongVersion   = "wrong-expected-version"
	kindTooLarge       = "maximum-append-size-exceeded"
	kindAccessDenied   = "access-denied"
)

// fault is how a call failed. It holds nothing of the server's message, which may
// repeat what a caller said.
type fault struct {
	code   codes.Code
	kind   string // what the trailers say, or empty
	leader string // for kindNotLeader: where the leader is, or empty
	actual string // for kindWrongVersion
}

// diagnose takes the error of a call apart.
func diagnose(err error, trailer metadata.MD) *fault {
	f := &fault{code: status.Code(err), kind: first(trailer, trailerKind), actual: first(trailer, trailerActualVersion)}
	if errors.Is(err, io.EOF) {
		f.code = codes.Unavailable // the stream of answers ended before the answer
	}
	host, port := first(trailer, trailerLeaderHost), first(trailer, trailerLeaderPort)
	if _, err := strconv.ParseUint(port, 10, 16); f.kind == kindNotLeader && err == nil {
		f.leader = net.JoinHostPort(host, port)
	}
	return f
}

func first(md metadata.MD, key string) string {
	if values := md.Get(key); len(values) > 0 {
		return values[0]
	}
	return ""
}

// Error implements error.
func (f *fault) Error() string {
	if f.kind != "" {
		return fmt.Sprintf("esdb: the server answered %s (%s)", f.code, f.known())
	}
	return "esdb: the server answered " + f.code.String()
}

// known is the kind, when it is one that we know: anything else might be anything.
func (f *fault) known() string {
	switch f.kind {
	case kindNotLeader, kindStreamDeleted, kindStreamNotFound, kindWrongVersion, kindTooLarge, kindAccessDenied:
		return f.kind
	}
	return "unknown kind"
}

// Unwrap gives the port's error.
func (f *fault) Unwrap() error {
	switch {
	case f.kind == kindTooLarge:
		return eventstore.ErrTooLarge
	case f.code == codes.InvalidArgument:
		return eventstore.ErrInvalid
	}
	return eventstore.ErrUnavailable
}

// refused reports whether the server has certainly not done what it was asked, and will not.
func (f *fault) refused() bool {
	switch f.kind {
	case kindNotLeader, kindStreamDeleted, kindWrongVersion, kindTooLarge, kindAccessDenied:
		return true
	}
	switch f.code {
	case codes.InvalidArgument, codes.Unauthenticated, codes.PermissionDenied, codes.Unimplemented, codes.ResourceExhausted:
		return true
	}
	return false
}

// passing reports whether the same call may well do better later or elsewhere.
func (f *fault) passing() bool { return f.kind == kindNotLeader || !f.refused() }

// broken reports whether the connection is not to be used any more.
func (f *fault) broken() bool {
	return f.kind == kindNotLeader || f.code == codes.Unavailable || f.code == codes.Canceled || f.code == codes.DeadlineExceeded
}

// answered is the error of a call that carried nothing of a caller's, in full.
func answered(err error) error {
	s := status.Convert(err)
	return fmt.Errorf("esdb: %s: %s", s.Code(), s.Message())
}

// pauses lie between two tries.
func pauses() backoff.Tries {
	return backoff.Tries{Steps: backoff.Steps{First: 10 * time.Millisecond, Longest: 2 * time.Second, Factor: 2}}
}
