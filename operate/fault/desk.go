package fault

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"accountledger/consumers"
	"accountledger/consumers/effects"
	"accountledger/eventstore"
	"accountledger/journal"
	"accountledger/leases"
	"accountledger/notify"
	"accountledger/projections/elastic"
	"accountledger/projections/view"
	"accountledger/replay/backup"
	"accountledger/vault"
)

// Desk is where errors are brought: it tells faults from answers, finds which part of the ledger they are of, and notes them in the book.
type Desk struct {
	*Book
	// Answer says of an error of layers above that it tells of nothing broken; nil: none does.
	Answer func(error) bool
	// List is the file of the list of destructions; empty where none is kept.
	List string
	// File is the file or folder in which a part of the ledger is, where an engine does not say which it was; empty where that is a server.
	File func(where Area, during string) string
	// Request is the id of the request that met an error; empty where there is none.
	Request func(ctx context.Context) string
}

// placed is an error that is known to be of a part of the ledger, whatever its own types say.
type placed struct {
	where Area
	error
}

func (p *placed) Unwrap() error { return p.error }

// In says that an error is of a part of the ledger, whatever its own types say; nil stays nil.
func In(where Area, err error) error {
	if err == nil {
		return nil
	}
	return &placed{where, err}
}

// Met notes an error that is a fault, once: those of the vault are noted where they arise. where is the part it is of, unless the
// error itself tells.
func (d *Desk) Met(ctx context.Context, where Area, during string, err error) {
	if !d.IsFault(err) {
		return
	}
	if told, ok := d.AreaOf(err); ok {
		where = told
	}
	if where != Vault {
		d.Take(ctx, where, during, err)
	}
}

// Take notes a fault and gives its cause.
func (d *Desk) Take(ctx context.Context, where Area, during string, err error) Cause {
	return d.Note(Met{Where: where, Doing: during, Request: d.Request(ctx), File: d.File(where, during), Err: err})
}

// IsFault says whether an error tells of something broken, and not of an answer, of somebody who left, of work that is another's, or of
// a fence that an operator put up.
func (d *Desk) IsFault(err error) bool {
	if err == nil || d.Answer != nil && d.Answer(err) {
		return false
	}
	if isAny(err, context.Canceled, eventstore.ErrClosed, eventstore.ErrFenced, view.ErrClosed, leases.ErrClosed, leases.ErrLost, leases.ErrHeld,
		consumers.ErrRebuilding,
		consumers.ErrMoved, consumers.ErrElsewhere, consumers.ErrClosed, effects.ErrClosed, vault.ErrNotFound, vault.ErrDestroyed,
		vault.ErrInvalid, vault.ErrOccupied) {
		return false
	}
	var conflict *eventstore.ConflictError
	return !errors.As(err, &conflict)
}

// AreaOf tells from an error's types which part of the ledger it is of.
func (d *Desk) AreaOf(err error) (Area, bool) {
	var p *placed
	var damage *eventstore.CorruptError
	var unreadable *journal.UnreadableEventError
	var response *elastic.ResponseError
	var refused *elastic.RefusedError
	var message *notify.SendError
	switch {
	case errors.As(err, &p):
		return p.where, true
	case d.OfDestructions(err):
		return Lists, true
	case isAny(err, vault.ErrUnavailable, vault.ErrCorrupt, vault.ErrMasterKey):
		return Vault, true
	case errors.As(err, &damage), errors.As(err, &unreadable), isAny(err, eventstore.ErrReadOnly, eventstore.ErrNoSpace, eventstore.ErrFenced,
		eventstore.ErrUnavailable, eventstore.ErrUnknownOutcome):
		return Log, true
	case errors.As(err, &response), errors.As(err, &refused), isAny(err, view.ErrUnavailable, view.ErrCorrupt):
		return Views, true
	case errors.As(err, &message):
		return Messages, true
	}
	return "", false
}

// OfDestructions says whether an error is that of the list of destructions or of its head, which keep the vault from destroying.
func (d *Desk) OfDestructions(err error) bool {
	if isAny(err, backup.ErrListAltered, backup.ErrListShortened, backup.ErrHeadMissing) {
		return true
	}
	var path *fs.PathError
	return errors.As(err, &path) && (path.Path == d.List || strings.HasPrefix(filepath.Base(path.Path), "destructions-"))
}

// Reason words an error for operators: the part that it is of, and its cause.
func (d *Desk) Reason(err error) string {
	reason := Of(err).String()
	if where, ok := d.AreaOf(err); ok {
		reason = string(where) + ": " + reason
	}
	return reason
}
