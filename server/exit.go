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
	"accountledger/projections/view"
	"accountledger/replay"
	"accountledger/replay/backup"
	"accountledger/replay/carry"
	"accountledger/vault"
	vaultsqlite "accountledger/vault/sqlite"
)

// Exit is how a command ended, as the program's exit code.
type Exit int

// Exit codes. A command that a signal ended has 128 and the signal's number.
const (
	// ExitDone: it is done.
	ExitDone Exit = 0
	// ExitFailed: it failed, or found a fault in the ledger.
	ExitFailed Exit = 1
	// ExitUsage: the command line or the configuration is wrong.
	ExitUsage Exit = 2
	// ExitUnreachable: there is no server or ledger here, an engine cannot be reached, or the connection broke.
	ExitUnreachable Exit = 3
	// ExitRefused: the ledger, or its state, does not allow it; the same command is refused again until something is changed.
	ExitRefused Exit = 4
	// ExitNotYet: it is not possible yet; the same command can work later.
	ExitNotYet Exit = 5
)

// Failure is why a command failed, for machines and people.
type Failure struct {
	Code    string `json:"code"`    // one of the domain's codes, or of those in this file
	Message string `json:"message"` // for people
	// Field is what is at fault, if one thing is: a JSON pointer into the command's input, or a setting's key.
	Field string `json:"field,omitzero"`
	Exit  Exit   `json:"exit"`
}

// Error makes a Failure an error, as it comes over the control socket.
func (f *Failure) Error() string { return f.Message }

// FailureOf says why a command failed. It is the only place where errors become exit codes, those of a running server included:
// the control protocol carries what it says there.
func FailureOf(err error) Failure {
	var done *Failure
	if errors.As(err, &done) {
		return *done
	}
	var known *domain.Error
	if errors.As(err, &known) {
		message := known.Message
		if known.Field == "" && known.Cause != nil { // operators may know it
			message += " (" + known.Cause.Error() + ")"
		}
		return Failure{Code: known.Code, Message: message, Field: known.Field, Exit: exitOfKind(known)}
	}
	var setting *SettingError
	if errors.As(err, &setting) {
		return Failure{Code: "invalid_configuration", Message: err.Error(), Field: setting.Key, Exit: ExitUsage}
	}
	code, exit := exitOf(err)
	return Failure{Code: code, Message: err.Error(), Exit: exit}
}

func exitOfKind(e *domain.Error) Exit {
	switch e.Kind {
	case domain.Invalid:
		return ExitUsage
	case domain.RateLimited:
		return ExitNotYet
	case domain.Unavailable:
		switch _, exit := exitOf(e.Cause); {
		case e.Cause == nil:
			return ExitNotYet
		case exit == ExitRefused, exit == ExitUnreachable:
			return exit
		}
		return ExitNotYet
	case domain.UnknownOutcome, domain.Internal:
		return ExitFailed
	}
	return ExitRefused
}

func exitOf(err error) (code string, exit Exit) {
	var refused *RefusedError
	var network *net.OpError
	switch {
	case err == nil:
		return "", ExitDone
	case errors.As(err, &refused):
		return "start_refused", ExitRefused
	case errors.Is(err, context.Canceled):
		return "interrupted", 128 + Exit(syscall.SIGINT)
	case isAny(err, ErrNoMessages, ErrNoController, ErrNoMasterKeyGiven, ErrKeyInside, ErrClockDev, ErrClockBack, ErrAcceptKind):
		return "invalid_configuration", ExitUsage
	case isAny(err, ErrRunning, ErrMustStop, embedded.ErrLocked, vaultsqlite.ErrLocked):
		return "in_use", ExitRefused
	case errors.Is(err, syscall.EADDRINUSE):
		return "address_in_use", ExitRefused
	case isAny(err, ErrNotLedger, ErrNotEmpty, ErrRestoreNotEmpty, carry.ErrExists, vault.ErrOccupied):
		return "not_empty", ExitRefused
	case isAny(err, ErrCarrying, ErrRestoring, ErrAccepting, ErrOtherRestore):
		return "unfinished", ExitRefused
	case isAny(err, carry.ErrAhead, carry.ErrSameLog, carry.ErrMovedElsewhere, carry.ErrTargetFenced, carry.ErrNoFence, carry.ErrNotMoving, carry.ErrNoVault,
		eventstore.ErrFenced, eventstore.ErrReadOnly, ErrNothingToAccept, ErrNotAcceptable, ErrSalvageEngine, ErrSimulateMail, ErrSocketForbidden):
		return "refused", ExitRefused
	case isAny(err, ErrListMissing, ErrNoMasterKey, vault.ErrMasterKey, vault.ErrMasterKeyFile, backup.ErrHeadMissing, backup.ErrHeadEmpty):
		return "missing", ExitRefused
	case isAny(err, vault.ErrNotHeld, replay.ErrFilling):
		return "not_yet", ExitNotYet
	case errors.Is(err, ErrNoLedger):
		return "no_ledger", ExitUnreachable
	case isAny(err, ErrNotRunning, ErrDisconnected):
		return "no_server", ExitUnreachable
	case isAny(err, eventstore.ErrUnavailable, vault.ErrUnavailable, leases.ErrUnavailable, view.ErrUnavailable),
		errors.As(err, &network) && network.Op == "dial":
		return "unreachable", ExitUnreachable
	}
	return "failed", ExitFailed
}

func isAny(err error, targets ...error) bool {
	for _, t := range targets {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}
