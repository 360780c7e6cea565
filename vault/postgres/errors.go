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
	// ErrSchema: the tables are not a vault's, or belong to another version of this program.
	ErrSchema = errors.New("vault: unknown tables")
	// ErrUnsafe: the server does not keep what it acknowledged (fsync or full_page_writes is off).
	ErrUnsafe = errors.New("vault: the server does not keep what it acknowledges")
	// ErrClosed: the vault was closed. It is also vault.ErrUnavailable.
	ErrClosed = fmt.Errorf("%w: it was closed", vault.ErrUnavailable)
)

// errTimeout is the error of a call that took longer than Options.Timeout.
var errTimeout = fmt.Errorf("no answer in time: %w", os.ErrDeadlineExceeded)

// ours reports whether an error is passed on unchanged.
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

// fail turns an error into the caller's. ctx is the caller's, within the call's.
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

// passing reports whether a failed transaction may succeed when retried: the
// server chose it to break a deadlock, or the connection was found dead before anything was sent.
func passing(err error) bool {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Code == "40P01" || refused.Code == "40001"
	}
	return pgconn.SafeToRetry(err)
}

// broken reports whether the connection failed, rather than the statement.
func broken(err error) bool {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Code[:2] == "57" // the server is shutting down
	}
	return !ours(err) && !errors.Is(err, pgx.ErrNoRows)
}

// unanswered reports whether an error means that the server did not answer in time.
func unanswered(err error) bool {
	var network net.Error
	return pgconn.Timeout(err) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout()
}
