package esdb

import (
	"fmt"
	"log/slog"
	"regexp"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"

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
	// CallTimeout bounds one call to the server: one try of an append, or one short read. 0 is
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
	// Logger is told of faults, without anything that callers said; nil is none.
	Logger *slog.Logger
}

func (o *Options) setDefaults(conf *client.Configuration) {
	if o.CallTimeout == 0 && conf.DefaultDeadline != nil {
		o.CallTimeout = *conf.DefaultDeadline
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

// parse reads the connection string. The client's own errors are not handed on: they
// repeat parts of it, and it holds a password.
func parse(connection string) (*client.Configuration, error) {
	conf, err := client.ParseConnectionString(connection)
	if err != nil {
		return nil, fmt.Errorf("%w: the connection string of EventStoreDB cannot be read, or a file that it names", eventstore.ErrInvalid)
	}
	if err := conf.Validate(); err != nil {
		return nil, fmt.Errorf("%w: the connection string of EventStoreDB names a certificate without its key, or a key without its certificate", eventstore.ErrInvalid)
	}
	return conf, nil
}
