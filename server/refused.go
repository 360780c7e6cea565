package server

import (
	"errors"
	"fmt"
)

// Acceptable names what an operator may go on with in spite of a refusal: serve --accept.
type Acceptable string

// What can be accepted.
const (
	// AcceptOlderLog: events that were acknowledged are lost.
	AcceptOlderLog Acceptable = "older-log"
	// AcceptOlderVault: keys, secrets and identifiers that were acknowledged are lost, and what they sealed with them.
	AcceptOlderVault Acceptable = "older-vault"
	// AcceptLogID: the log's id is gone at the log's server, and is put back as the vault knows it.
	AcceptLogID Acceptable = "lost-log-id"
)

// Accept is an operator's consent to go on with what the ledger refuses to start with. It is recorded, and what was open has ended.
type Accept struct {
	Kind   Acceptable
	Reason string // 1 to 500 characters, about nobody; sealed
}

// RefusedError: the parts of the ledger do not fit together, so it is not served. Nothing was changed.
type RefusedError struct {
	// What does not fit, with the file or part it is about.
	What string
	// Next is what to do.
	Next string
	// Accept is what can be accepted instead; "" where going on makes no sense.
	Accept Acceptable
	// Lost is what acceptance loses.
	Lost string
	err  error
}

func (e *RefusedError) Error() string { return e.Text("accountledger serve") }

// Text is the error with serve as the command that starts this ledger.
func (e *RefusedError) Text(serve string) string {
	text := e.What
	if e.err != nil {
		text += " (" + e.err.Error() + ")"
	}
	text += ". " + e.Next
	switch e.Accept {
	case "":
	case AcceptLogID:
		text += fmt.Sprintf("; or have the id that the vault knows put back: %s --accept %s --reason \"…\", which is recorded and signs everybody out", serve,
			e.Accept)
	default:
		text += fmt.Sprintf("; or go on without what is lost (%s): %s --accept %s --reason \"…\", which is recorded and signs everybody out",
			e.Lost, serve, e.Accept)
	}
	return text
}

// Unwrap is what was found.
func (e *RefusedError) Unwrap() error { return e.err }

// Errors of --accept.
var (
	// ErrNothingToAccept: the ledger starts without it.
	ErrNothingToAccept = errors.New("there is nothing to accept: the parts of the ledger fit together; start it without --accept")
	// ErrNotAcceptable: --accept names something else than what is wrong.
	ErrNotAcceptable = errors.New("--accept does not help here")
	// ErrAcceptKind: there is nothing of that name to accept.
	ErrAcceptKind = fmt.Errorf("--accept takes %s, %s or %s", AcceptOlderLog, AcceptOlderVault, AcceptLogID)
)

// Validate refuses what is no kind, with its name.
func (a Accept) Validate() error {
	switch a.Kind {
	case "", AcceptOlderLog, AcceptOlderVault, AcceptLogID:
		return nil
	}
	return ErrAcceptKind
}

const (
	lostLog   = "the events at the end, and whatever people were told of them"
	lostVault = "accounts, device names and passwords that the vault does not have any more; older passwords are back"

	putBackLog   = "Put the newest log back, the folder or the server's data, or restore the newest backup into a new folder"
	putBackVault = "Put the vault back that belongs to this log as it was last, or restore the newest backup into a new folder"
)

func lostLogID(err error) *RefusedError {
	return &RefusedError{What: "the log's id is gone at its server", Next: "Bring the stream back there, or restore the server's backup",
		Accept: AcceptLogID, err: err}
}

func olderLog(what string, err error) *RefusedError {
	return &RefusedError{What: what, Next: putBackLog, Accept: AcceptOlderLog, Lost: lostLog, err: err}
}

func olderVault(what string, err error) *RefusedError {
	return &RefusedError{What: what, Next: putBackVault, Accept: AcceptOlderVault, Lost: lostVault, err: err}
}
