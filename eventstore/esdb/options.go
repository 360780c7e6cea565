package esdb

import (
	"fmt"
	"log/slog"
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
)

// Options of a store.
type Options struct {
	// Connection is the connection string; see the package's description.
	Connection string
	// CallTimeout bounds one call to the server: one try of an append, or one short read. 0 is
	// the connection string's defaultDeadline, or else DefaultCallTimeout.
	CallTimeout time.Duration
	// Silence is how long a subscription may receive nothing while the leader has more, before it
	// is made anew; 0 is DefaultSilence.
	Silence time.Duration
	// BufferedEvents and BufferedBytes bound what one subscription holds for a slow
	// reader (one event always fits); 0 is DefaultBufferedEvents and DefaultBufferedBytes.
	BufferedEvents, BufferedBytes int
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
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

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
