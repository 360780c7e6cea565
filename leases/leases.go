// Package leases lets processes of one ledger share work: whoever holds the lease of a piece of work does it, alone,
// and when that process ends or stands still another takes the lease and goes on.
//
// A Server keeps the leases, for all processes, and decides by its own clock alone. A Keeper takes them for one process
// and renews them in the background. A holder learns that a lease is lost by its own clock, before the server would
// give it to another; but a process that was frozen at the wrong moment does not know, so what must not be done twice is
// guarded besides: by the lease's epoch, which grows with every holder, or by versions of its own.
//
// Engines are folders beside this file; every one of them passes package leasetest.
package leases

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

var (
	// ErrHeld means that another process, or this one, holds the lease.
	ErrHeld = errors.New("leases: held already")
	// ErrLost means that the lease is not held any more: nothing was saved, and what it stood for must be left.
	ErrLost = errors.New("leases: lost")
	// ErrUnavailable means that the server cannot be asked now. Leases that are held stay so until their time is over.
	ErrUnavailable = errors.New("leases: the server cannot be reached")
	// ErrInvalid means a name or a place that is empty or too long.
	ErrInvalid = errors.New("leases: invalid argument")
	// ErrClosed means that the keeper was closed.
	ErrClosed = errors.New("leases: closed")
)

const (
	// MaxName bounds the name of a lease, in bytes.
	MaxName = 200
	// MaxPlace bounds the value that goes with a lease, in bytes.
	MaxPlace = 4 << 10
)

// Process is who asks for leases. It holds nothing personal.
type Process struct {
	// ID is random and the process's own.
	ID uuid.UUID
	// Label is what operators see, such as host and process number.
	Label string
	// Member says that the process shares in the work: others leave it its part.
	Member bool
}

// Ref names one holding of a lease: nobody else has, had or will have this epoch of it.
type Ref struct {
	Name  string
	Epoch int64
}

// Row is a lease as the server has it.
type Row struct {
	Ref
	// Holder is the label of the process that holds it now, empty when none does.
	Holder string
	// Since is when the holder, or the last one, took it, by the server's clock.
	Since time.Time
	// Place is what a holder saved last.
	Place []byte
}

// Table is all that a server knows at one moment.
type Table struct {
	// Members is how many processes share in the work now.
	Members int
	// Leases are sorted by name. One stays in the table when nobody holds it.
	Leases []Row
}

// Find gives a lease's row; one that was never held has none.
func (t Table) Find(name string) (Row, bool) {
	for _, r := range t.Leases {
		if r.Name == name {
			return r, true
		}
	}
	return Row{}, false
}

// Server keeps leases for any number of processes, and is safe for concurrent use. What it acknowledged survives
// its crash. Every method may give ErrUnavailable or ctx's error, and then nobody knows whether it came through.
type Server interface {
	// Acquire gives a lease that nobody holds for ttl, under an epoch greater than any before, and the place that
	// was saved last, nil when none was. ErrHeld when somebody holds it, ErrInvalid for the name.
	Acquire(ctx context.Context, who Process, name string, ttl time.Duration) (epoch int64, place []byte, err error)
	// Renew says that the process is alive for another ttl, and prolongs these leases by as much; it gives those that
	// it still holds.
	Renew(ctx context.Context, who Process, ttl time.Duration, held []Ref) ([]Ref, error)
	// Save keeps a value with a lease: for this holder and for the next. ErrLost unless it is held.
	Save(ctx context.Context, who Process, lease Ref, place []byte) error
	// Release frees leases at once. Those that are not held any more are passed over.
	Release(ctx context.Context, who Process, held ...Ref) error
	// Leave ends a process: it holds nothing and counts no more.
	Leave(ctx context.Context, who Process) error
	// Look tells who holds what.
	Look(ctx context.Context) (Table, error)
}

// Check says whether a name and a place can be; it is for servers.
func Check(name string, place []byte) error {
	if name == "" || len(name) > MaxName || len(place) > MaxPlace {
		return ErrInvalid
	}
	return nil
}
