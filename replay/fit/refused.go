// Package fit compares the parts of a ledger, which belong together: a start asks it before anything is served.
//
// What ties them: the vault records the place in the log up to which it surely has every key (vault.Binding), witnesses outside of log
// and vault say what each acknowledged last, the list of destructions has a mark in the vault, and consumers stand at a place of the
// log with the id of its event.
package fit

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

// ErrAcceptKind: there is nothing of that name to accept.
var ErrAcceptKind = fmt.Errorf("--accept takes %s, %s or %s", AcceptOlderLog, AcceptOlderVault, AcceptLogID)

// ErrVaultMissing: there is no vault, and the log has events, whose keys a new one would not have.
var ErrVaultMissing = errors.New("there is no vault, or an empty one")

// Accept is an operator's consent to go on with what the ledger refuses to start with. It is recorded, and what was open has ended.
type Accept struct {
	Kind   Acceptable
	Reason string // 1 to 500 characters, about nobody; sealed
}

// Validate refuses what is no kind, with its name.
func (a Accept) Validate() error {
	switch a.Kind {
	case "", AcceptOlderLog, AcceptOlderVault, AcceptLogID:
		return nil
	}
	return ErrAcceptKind
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
	// Err is what was found; may be nil.
	Err error
}

func (e *RefusedError) Error() string { return e.Text("accountledger serve") }

// Text is the error with serve as the command that starts this ledger.
func (e *RefusedError) Text(serve string) string {
	text := e.What
	if e.Err != nil {
		text += " (" + e.Err.Error() + ")"
	}
	text += ". " + e.Next
	switch e.Accept {
	case "":
	case AcceptLogID:
		text += fmt.Sprintf("; or have the id that the vault knows put back: %s --accept %s --reason \"…\", which is recorded and signs everybody out", serve,
			e.Accept)
	default:
		text += fmt.Sprintf("; or go on without what is lost (%s): %s --accept %s --reason \"…\", which is recorded and signs everybody out", e.Lost, serve, e.Accept)
	}
	return text
}

// Unwrap is what was found.
func (e *RefusedError) Unwrap() error { return e.Err }

// What to do about a part that is missing or older than the others.
const (
	PutBackLog   = "Put the newest log back, the folder or the server's data, or restore the newest backup into a new folder"
	PutBackVault = "Put the vault back that belongs to this log as it was last, or restore the newest backup into a new folder"
)

const (
	lostLog   = "the events at the end, and whatever people were told of them"
	lostVault = "accounts, device names and passwords that the vault does not have any more; older passwords are back"
)

func olderLog(what string, err error) *RefusedError {
	return &RefusedError{What: what, Next: PutBackLog, Accept: AcceptOlderLog, Lost: lostLog, Err: err}
}

func olderVault(what string, err error) *RefusedError {
	return &RefusedError{What: what, Next: PutBackVault, Accept: AcceptOlderVault, Lost: lostVault, Err: err}
}
