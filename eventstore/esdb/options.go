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
	// Prefix is what the names of all of the ledger's streams begin with at the server, DefaultPrefix where it is empty. It ends with
	// a slash and no name of the ledger's has one, so ledgers and others that share a server never meet, even where one
	// prefix begins like another.
	Prefix string
	// Names tells the names of the ledger's streams, without the prefix: what has another one is nobody's here, and is never read.
	// nil: any name without a slash.
	Names func(string) bool
	// CallTimeout bounds a request, all its tries and the search for a node included: an append, or what a read waits for the
	// server's next event. Once nothing has answered for as long, calls fail at once until something does. 0 is
	// the connection string's defaultDeadline, or else DefaultCallTimeout.
	CallTimeout time.Duration
	// Silence is how long a subscription may receive nothing while the leader has more, before it
	// is made anew; 0 is DefaultSilence.
	Silence time.Duration
	// BufferedEvents and BufferedBytes bound what one subscription holds for a slow
	// reader (one event always fits); 0 is DefaultBufferedEvents and DefaultBufferedBytes.
	BufferedEvents, BufferedBytes int
	// FenceWait is how long Fence waits once its mark is in the log; 0 is DefaultFenceWait. Only tests have
	// reason to wait less: it has to be longer than an append of any process may be under way.
	FenceWait time.Duration
	// Resolver finds the addresses of the names in the connection string; nil is net.DefaultResolver.
	Resolver Resolver
	// Logger is told of faults, without anything that callers said; nil is none.
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

// maxPrefixBytes leaves enough of a name to the ledger.
const maxPrefixBytes = 100

func (o *Options) check() error {
	if o.BufferedEvents < 0 || o.BufferedBytes < 0 || o.CallTimeout < 0 || o.Silence < 0 || o.FenceWait < 0 {
		return fmt.Errorf("%w: an option of EventStoreDB is below 0", eventstore.ErrInvalid)
	}
	switch {
	case len(o.Prefix) > maxPrefixBytes:
		return fmt.Errorf("%w: the prefix of the streams at EventStoreDB has more than %d bytes", eventstore.ErrInvalid, maxPrefixBytes)
	case !prefixForm.MatchString(o.Prefix):
		return fmt.Errorf("%w: the prefix of the streams at EventStoreDB is made of letters, digits and -._/ and ends with a slash", eventstore.ErrInvalid)
	}
	return nil
}

var prefixForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]*/$`)
