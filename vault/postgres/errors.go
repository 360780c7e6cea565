package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"accountledger/vault"
)

var (
	// ErrSchema: the tables are no vault's, or those of another version of this program.
	ErrSchema = errors.New("vault: unknown tables")
	// ErrUnsafe: the server does not keep what it acknowledged (fsync or full_page_writes is off).
	ErrUnsafe = errors.New("vault: the server does not keep what it acknowledges")
	// ErrClosed: the vault was closed. It is also vault.ErrUnavailable.
	ErrClosed = fmt.Errorf("%w: it was closed", vault.ErrUnavailable)
)

// errTimeout is what a call ended with that took longer than Options.Timeout.
var errTimeout = fmt.Errorf("no answer in time: %w", os.ErrDeadlineExceeded)

// ours are the errors that are handed on as they are.
func ours(err error) bool {
	var behind *vault.BehindError
	if errors.As(err, &behind) {
		return true
	}
	for _, sentinel := range []error{
		vault.ErrNotFound, vault.ErrDestroyed, vault.ErrMasterKey, vault.ErrUnavailable, vault.ErrInvalid,
		vault.ErrCorrupt, vault.ErrRotating, vault.ErrInUse, vault.ErrNotHeld, ErrSchema, ErrUnsafe,
	} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	return false
}

// fail is what a caller is told of an error. ctx is the caller's, within the call's.
func fail(ctx, within context.Context, doing string, err error) error {
	switch {
	case err == nil || ours(err):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, pgx.ErrNoRows):
		return vault.ErrNotFound
	case within.Err() != nil:
		return unavailable(doing, errTimeout)
	default:
		return unavailable(doing, err)
	}
}

func unavailable(doing string, err error) error {
	return fmt.Errorf("%w: %s: %w", vault.ErrUnavailable, doing, err)
}

// passing says whether a transaction that failed may succeed when it is run again: the
// server chose it to break a deadlock, or the connection was found dead before anything was sent.
func passing(err error) bool {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Code == "40P01" || refused.Code == "40001"
	}
	return pgconn.SafeToRetry(err)
}

// broken says whether it was the connection that failed, and not the statement.
func broken(err error) bool {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Code[:2] == "57" // the server is going down
	}
	return !ours(err) && !errors.Is(err, pgx.ErrNoRows)
}

// unanswered says whether an error means that nothing was heard from the server in time.
func unanswered(err error) bool {
	var network net.Error
	return pgconn.Timeout(err) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout()
}
