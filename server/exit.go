package server

import (
	"context"
	"errors"
	"net"
	"syscall"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/leases"
	"accountledger/operate"
	"accountledger/operate/folder"
	"accountledger/projections/view"
	"accountledger/replay"
	"accountledger/replay/backup"
	"accountledger/replay/fit"
	"accountledger/replay/restore"
	"accountledger/replay/transfer"
	"accountledger/replay/unfinished"
	"accountledger/vault"
	vaultsqlite "accountledger/vault/sqlite"
)

// FailureOf says why a command failed. It is the only place where errors become exit codes, those of a running server included:
// the control protocol carries what it says there.
func FailureOf(err error) operate.Failure {
	var done *operate.Failure
	if errors.As(err, &done) {
		return *done
	}
	var known *domain.Error
	if errors.As(err, &known) {
		message := known.Message
		if known.Field == "" && known.Cause != nil { // operators may know it
			message += " (" + known.Cause.Error() + ")"
		}
		return operate.Failure{Code: known.Code, Message: message, Field: known.Field, Exit: exitOfKind(known)}
	}
	var setting *SettingError
	if errors.As(err, &setting) {
		return operate.Failure{Code: "invalid_configuration", Message: err.Error(), Field: setting.Key, Exit: operate.ExitUsage}
	}
	code, exit := exitOf(err)
	return operate.Failure{Code: code, Message: err.Error(), Exit: exit}
}

func exitOfKind(e *domain.Error) operate.Exit {
	switch e.Kind {
	case domain.Invalid:
		return operate.ExitUsage
	case domain.RateLimited:
		return operate.ExitNotYet
	case domain.Unavailable:
		switch _, exit := exitOf(e.Cause); {
		case e.Cause == nil:
			return operate.ExitNotYet
		case exit == operate.ExitRefused, exit == operate.ExitUnreachable:
			return exit
		}
		return operate.ExitNotYet
	case domain.UnknownOutcome, domain.Internal:
		return operate.ExitFailed
	case domain.Unauthenticated, domain.Forbidden, domain.NotFound, domain.Conflict, domain.Gone:
	}
	return operate.ExitRefused
}

func exitOf(err error) (code string, exit operate.Exit) {
	var refused *fit.RefusedError
	var network *net.OpError
	switch {
	case err == nil:
		return "", operate.ExitDone
	case errors.As(err, &refused):
		return "start_refused", operate.ExitRefused
	case errors.Is(err, context.Canceled):
		return "interrupted", 128 + operate.Exit(syscall.SIGINT)
	case isAny(err, operate.ErrKeyThere):
		return "exists", operate.ExitRefused
	case isAny(err, folder.ErrInLedger, operate.ErrKeyPlace):
		return "refused", operate.ExitRefused
	case isAny(err, ErrNoMessages, ErrNoController, ErrNoMasterKeyGiven, restore.ErrNoKey, operate.ErrKeyInside, ErrClockDev, ErrClockBack, fit.ErrAcceptKind):
		return "invalid_configuration", operate.ExitUsage
	case isAny(err, folder.ErrRunning, ErrMustStop, embedded.ErrLocked, vaultsqlite.ErrLocked):
		return "in_use", operate.ExitRefused
	case errors.Is(err, syscall.EADDRINUSE):
		return "address_in_use", operate.ExitRefused
	case isAny(err, folder.ErrNotLedger, restore.ErrFolderNotEmpty, restore.ErrNotEmpty, backup.ErrNotEmpty, transfer.ErrExists, vault.ErrOccupied):
		return "not_empty", operate.ExitRefused
	case isAny(err, unfinished.ErrTransfer, unfinished.ErrRestore, unfinished.ErrAccept, restore.ErrOtherRestore):
		return "unfinished", operate.ExitRefused
	case isAny(err, transfer.ErrAhead, transfer.ErrSameLog, transfer.ErrMovedElsewhere, transfer.ErrTargetFenced, transfer.ErrNoFence,
		transfer.ErrNotMoving, transfer.ErrNoVault,
		eventstore.ErrFenced, eventstore.ErrReadOnly, ErrNothingToAccept, ErrNotAcceptable, ErrSalvageEngine, operate.ErrSimulateMail,
		ErrSocketForbidden, folder.ErrForbidden):
		return "refused", operate.ExitRefused
	case isAny(err, restore.ErrNoFolder, vault.ErrNoMasterKeyFile, restore.ErrListMissing, restore.ErrNoMasterKey, vault.ErrMasterKey, vault.ErrMasterKeyFile,
		backup.ErrHeadMissing, backup.ErrHeadEmpty):
		return "missing", operate.ExitRefused
	case isAny(err, vault.ErrNotHeld, replay.ErrFilling):
		return "not_yet", operate.ExitNotYet
	case errors.Is(err, ErrNoLedger):
		return "no_ledger", operate.ExitUnreachable
	case isAny(err, ErrNotRunning, operate.ErrDisconnected):
		return "no_server", operate.ExitUnreachable
	case isAny(err, eventstore.ErrUnavailable, vault.ErrUnavailable, leases.ErrUnavailable, view.ErrUnavailable),
		errors.As(err, &network) && network.Op == "dial":
		return "unreachable", operate.ExitUnreachable
	}
	return "failed", operate.ExitFailed
}

func isAny(err error, targets ...error) bool {
	for _, t := range targets {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}
