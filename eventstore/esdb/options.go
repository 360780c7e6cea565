package esdb

import (
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"time"

	"accountledger/eventstore"
)

// Defaults of Options.
const (
	DefaultCallTimeout    = 10 * time.Second
	DefaultSilence        = 10 * time.Second
	DefaultBufferedEvents = 1024
	DefaultBufferedBytes  = 4 << 20
	DefaultPrefix         = "accountledger/"
)

// Options of a store.
type Options struct {
	// Connection is the connection string; see the package's description.
	Connection string
	// Prefix is what the names of all of the ledger's streams begin with at the server; empty is DefaultPrefix. It ends with
	// a slash, and the ledger's own names have none, so ledgers and other users of a server never mix, even if one
	// prefix is the start of another.
	Prefix string
	// Names reports whether a name, without the prefix, is one of the ledger's streams; others are never read.
	// nil: any name without a slash.
	Names func(string) bool
	// CallTimeout bounds a request, including all attempts and the search for a node: an append, or a read's wait for the
	// server's next event. Once nothing has answered for that long, calls fail immediately until something does. 0 is
	// the connection string's defaultDeadline, or else DefaultCallTimeout.
	CallTimeout time.Duration
	// Silence is how long a subscription may receive nothing while the leader has more, before it
	// is replaced; 0 is DefaultSilence.
	Silence time.Duration
	// BufferedEvents and BufferedBytes bound what one subscription holds for a slow
	// reader (one event always fits); 0 is DefaultBufferedEvents and DefaultBufferedBytes.
	BufferedEvents, BufferedBytes int
	// FenceWait is how long Fence waits once the fence is in the log; 0 is DefaultFenceWait. Only tests have
	// reason to wait less: it must be longer than an append of any process may be under way.
	FenceWait time.Duration
	// Resolver finds the addresses of the names in the connection string; nil is net.DefaultResolver.
	Resolver Resolver
	// Logger gets faults, without any data of callers; nil is none.
	Logger *slog.Logger

	times times
}

func (o *Options) setDefaults(conf *config) {
	if o.CallTimeout == 0 {
		o.CallTimeout = conf.deadline
	}
	if o.CallTimeout == 0 {
		o.CallTimeout = DefaultCallTimeout
	}
	if o.Silence == 0 {
		o.Silence = DefaultSilence
	}
	if o.BufferedEvents == 0 {
		o.BufferedEvents = DefaultBufferedEvents
	}
	if o.BufferedBytes == 0 {
		o.BufferedBytes = DefaultBufferedBytes
	}
	if o.FenceWait == 0 {
		o.FenceWait = DefaultFenceWait
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.times == (times{}) {
		o.times = defaultTimes()
	}
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

// maxPrefixBytes leaves enough room for the ledger's names.
const maxPrefixBytes = 100

func (o *Options) check() error {
	if o.BufferedEvents < 0 || o.BufferedBytes < 0 || o.CallTimeout < 0 || o.Silence < 0 || o.FenceWait < 0 {
		return fmt.Errorf("%w: an option for EventStoreDB is negative", eventstore.ErrInvalid)
	}
	switch {
	case len(o.Prefix) > maxPrefixBytes:
		return fmt.Errorf("%w: the prefix of the streams at EventStoreDB is longer than %d bytes", eventstore.ErrInvalid, maxPrefixBytes)
	case !prefixForm.MatchString(o.Prefix):
		return fmt.Errorf("%w: the prefix of the streams at EventStoreDB must consist of letters, digits and -._/ and end with a slash", eventstore.ErrInvalid)
	}
	return nil
}

var prefixForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]*/$`)
