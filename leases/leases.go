// Package leases lets processes of one ledger share work: the process that holds the lease of a piece of work does it, alone,
// and when that process ends or hangs another takes the lease and continues.
//
// A Server keeps the leases of all processes, and decides by its own clock alone. A Keeper takes them for one process
// and renews them in the background. A holder learns that a lease is lost by its own clock, before the server would
// give it to another; but a process frozen at the wrong moment does not know, so what must not be done twice is
// also guarded by the lease's epoch, which increases with every holder, or by other versions.
//
// Engines are subfolders; every one of them passes package leasetest.
package leases

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

var (
	// ErrHeld means that another process, or this one, holds the lease.
	ErrHeld = errors.New("leases: already held")
	// ErrLost means that the lease is no longer held: nothing was saved, and work under it must stop.
	ErrLost = errors.New("leases: lost")
	// ErrUnavailable means that the server cannot be reached now. Held leases stay held until they expire.
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

// Process is a process that takes leases. It holds no personal data.
type Process struct {
	// ID is random and unique to the process.
	ID uuid.UUID
	// Label is what operators see, such as host and process number.
	Label string
	// Member says that the process shares in the work: others leave it its share.
	Member bool
}

// Ref identifies one holding of a lease: no other ever has the same epoch.
type Ref struct {
	Name  string
	Epoch int64
}

// Row is the server's record of a lease.
type Row struct {
	Ref
	// Holder is the label of the present holder, empty if there is none.
	Holder string
	// Since is when the present or last holder took it, by the server's clock.
	Since time.Time
	// Place is what a holder last saved.
	Place []byte
}

// Table is a server's state at one moment.
type Table struct {
	// Members is how many processes share in the work now.
	Members int
	// Leases are sorted by name. Leases that nobody holds stay in the table.
	Leases []Row
}

// Find returns a lease's row; a lease that was never held has none.
func (t Table) Find(name string) (Row, bool) {
	for _, r := range t.Leases {
		if r.Name == name {
			return r, true
		}
	}
	return Row{}, false
}

// Server keeps leases for any number of processes, and is safe for concurrent use. What it acknowledged survives
// its crash. Every method may return ErrUnavailable or ctx's error; then the outcome is unknown.
type Server interface {
	// Acquire takes a free lease for ttl, under an epoch greater than any before, and returns the place
	// last saved, nil if there is none. ErrHeld if it is held, ErrInvalid for the name.
	Acquire(ctx context.Context, who Process, name string, ttl time.Duration) (epoch int64, place []byte, err error)
	// Renew reports the process alive for another ttl, and extends these leases by as much; it returns those that
	// it still holds.
	Renew(ctx context.Context, who Process, ttl time.Duration, held []Ref) ([]Ref, error)
	// Save stores a value with a lease, for this holder and the next. ErrLost unless it is held.
	Save(ctx context.Context, who Process, lease Ref, place []byte) error
	// Release frees leases immediately. Those no longer held are skipped.
	Release(ctx context.Context, who Process, held ...Ref) error
	// Leave removes a process: it holds nothing and no longer counts.
	Leave(ctx context.Context, who Process) error
	// Look returns who holds what.
	Look(ctx context.Context) (Table, error)
}

// Check validates a name and a place, for servers.
func Check(name string, place []byte) error {
	if name == "" || len(name) > MaxName || len(place) > MaxPlace {
		return ErrInvalid
	}
	return nil
}
