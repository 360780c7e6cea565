package fault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sys/unix"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"accountledger/consumers"
	"accountledger/eventstore"
	"accountledger/journal"
	"accountledger/leases"
	"accountledger/notify"
	"accountledger/pagesum"
	"accountledger/projections/elastic"
	"accountledger/projections/view"
	"accountledger/replay/backup"
	"accountledger/vault"
)

// Of gives the cause of an error that is not nil.
func Of(err error) Cause {
	var c Cause
	ofSentinels(&c, err)
	said := c.Says
	for _, look := range []func(*Cause, error){ofPaths, ofDamage, ofBehind, ofUnfit, ofSilence, ofLog, ofLogServer, ofEvent, ofSQLite, ofPostgres,
		ofElastic, ofMessage, ofErrno} {
		look(&c, err)
	}
	if c.Kind == "" {
		c.Kind = Other
	}
	if (c.Errno != "" || c.Engine != "") && isAny(err, unavailable()...) && !isAny(err, eventstore.ErrReadOnly) && c.Says == said {
		c.Says = "" // which says more
	}
	if c.Says == "" && c.Errno == "" && c.Engine == "" && c.Doing == "" {
		c.Says = "an error of type " + innermost(err)
	}
	return c
}

// set says what kind it is, unless something said so before.
func (c *Cause) set(k Kind) {
	if c.Kind == "" {
		c.Kind = k
	}
}

// sentinel is an error whose text is a constant of this program.
type sentinel struct {
	err  error
	kind Kind // empty where the kind lies in what the error wraps
}

// sentinels are looked for in this order; the first found gives the words.
func sentinels() []sentinel {
	return []sentinel{
		{vault.ErrCorrupt, Damaged}, {view.ErrCorrupt, Damaged}, {pagesum.ErrStructure, Damaged}, {backup.ErrListAltered, Damaged},
		{backup.ErrListShortened, Damaged}, {backup.ErrHeadMissing, Damaged}, {vault.ErrMasterKey, Denied}, {eventstore.ErrNoSpace, NoSpace},
		{eventstore.ErrFenced, Fenced}, {eventstore.ErrReadOnly, ""}, {eventstore.ErrUnknownOutcome, ""}, {eventstore.ErrUnavailable, ""},
		{eventstore.ErrClosed, ""}, {vault.ErrUnavailable, ""}, {view.ErrUnavailable, ""}, {leases.ErrUnavailable, ""}, {consumers.ErrUnusable, ""},
	}
}

// unavailable are the sentinels that say no more than that something could not be done.
func unavailable() []error {
	return []error{vault.ErrUnavailable, view.ErrUnavailable, eventstore.ErrUnavailable, leases.ErrUnavailable}
}

func isAny(err error, all ...error) bool {
	return slices.ContainsFunc(all, func(one error) bool { return errors.Is(err, one) })
}

func ofSentinels(c *Cause, err error) {
	for _, s := range sentinels() {
		if errors.Is(err, s.err) {
			c.Kind, c.Says = s.kind, s.err.Error()
			return
		}
	}
}

// ofPaths names the file and what was done to it.
func ofPaths(c *Cause, err error) {
	var one *fs.PathError
	var two *os.LinkError
	switch {
	case errors.As(err, &one):
		c.Doing, c.File = one.Op, one.Path
	case errors.As(err, &two):
		c.Doing, c.File = two.Op, two.New
	}
}

func ofDamage(c *Cause, err error) {
	var damage *pagesum.DamageError
	if errors.As(err, &damage) {
		c.set(Damaged)
		c.File = damage.File
		if damage.Foreign {
			c.Says = "the write-ahead file does not belong to the main file beside it"
		}
		if damage.Offset >= 0 {
			c.Offset = &damage.Offset
		}
	}
	if pagesum.Damaged(err) {
		c.set(Damaged)
	}
}

// ofBehind is for a vault that lacks what it acknowledged.
func ofBehind(c *Cause, err error) {
	var behind *vault.BehindError
	if errors.As(err, &behind) {
		c.set(Foreign)
		c.Says = behind.Error()
	}
}

func ofLog(c *Cause, err error) {
	var damage *eventstore.CorruptError
	var foreign *eventstore.ForeignCheckpointError
	switch {
	case errors.As(err, &damage):
		c.set(Damaged)
		c.File, c.Says = damage.File, "the log is damaged: "+damage.Reason
		if damage.Offset >= 0 {
			c.Offset = &damage.Offset
		}
		if !damage.At.IsZero() {
			c.Position = damage.At.String()
		}
	case errors.As(err, &foreign):
		c.set(Foreign)
		c.Says, c.Position = "the checkpoint does not fit the log: "+foreign.Reason, foreign.Checkpoint.Position.String()
	}
}

// ofLogServer is for a log that is a server of its own: what it does not do for us, or since when it has not answered.
func ofLogServer(c *Cause, err error) {
	var outage *eventstore.OutageError
	var denied *eventstore.DeniedError
	var limit *eventstore.LimitError
	var call *eventstore.CallError
	var says []string
	if !errors.As(err, &outage) && !errors.As(err, &denied) && !errors.As(err, &limit) && !errors.As(err, &call) {
		return
	}
	if errors.Is(err, eventstore.ErrUnknownOutcome) {
		c.set(Unsure)
		says = append(says, c.Says)
	}
	if errors.As(err, &outage) {
		says = append(says, "the log has not answered since "+outage.Since.UTC().Format(time.RFC3339))
	}
	switch {
	case errors.As(err, &denied):
		c.set(Denied)
		says = append(says, denied.Says())
	case errors.As(err, &limit):
		c.set(Denied)
		says = append(says, limit.Says())
	case errors.As(err, &call):
		says = append(says, call.Says())
	}
	c.Says = strings.Join(says, ": ")
	c.set(Unreachable)
}

func ofEvent(c *Cause, err error) {
	var unreadable *journal.UnreadableEventError
	if errors.As(err, &unreadable) {
		c.set(Undigestible)
		c.Says, c.Position = unreadable.Error(), unreadable.Position.String()
	}
	var event *consumers.EventError
	if errors.As(err, &event) {
		c.set(Undigestible)
		c.Says = "a consumer cannot digest an event"
		if !event.Event.IsZero() {
			c.Says += " " + event.Event.String() + ", " + event.Where
		}
	}
}

func ofSQLite(c *Cause, err error) {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return
	}
	c.Engine = sqliteName(e.Code())
	switch e.Code() & 0xff {
	case lib.SQLITE_FULL:
		c.set(NoSpace)
	case lib.SQLITE_READONLY:
		c.set(ReadOnly)
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		c.set(Locked)
	case lib.SQLITE_PERM, lib.SQLITE_AUTH:
		c.set(Denied)
	case lib.SQLITE_IOERR, lib.SQLITE_CANTOPEN:
		c.set(IO)
	}
}

// sqliteName is the name of a result code of SQLite's, with its number where only the primary code has a name.
func sqliteName(code int) string {
	for _, known := range []int{code, code & 0xff} {
		text := sqlite.ErrorCodeString[known]
		if i := strings.LastIndex(text, "(SQLITE_"); i >= 0 {
			name := strings.TrimSuffix(text[i+1:], ")")
			if known == code {
				return name
			}
			return fmt.Sprintf("%s (%d)", name, code)
		}
	}
	return fmt.Sprintf("SQLite code %d", code)
}

func ofPostgres(c *Cause, err error) {
	var e *pgconn.PgError
	if !errors.As(err, &e) || len(e.Code) < 2 {
		return
	}
	c.Engine = "SQLSTATE " + e.Code
	switch {
	case e.Code == "53100":
		c.set(NoSpace)
	case e.Code == "25006":
		c.set(ReadOnly)
	case e.Code[:2] == "28", e.Code == "42501", e.Code == "42P01": // without rights to its schema a table is not seen
		c.set(Denied)
	case e.Code == "57014":
		c.set(Timeout)
	case e.Code[:2] == "57", e.Code[:2] == "08", e.Code[:2] == "53":
		c.set(Unreachable)
	case e.Code[:2] == "55":
		c.set(Locked)
	case e.Code[:2] == "XX":
		c.set(Damaged)
	case e.Code[:2] == "58":
		c.set(IO)
	}
}

func ofElastic(c *Cause, err error) {
	var e *elastic.ResponseError
	var refused *elastic.RefusedError
	if errors.As(err, &refused) && refused.First != nil {
		e = refused.First
	} else if !errors.As(err, &e) {
		return
	}
	c.Engine = fmt.Sprintf("HTTP %d %s", e.Status, e.Type)
	switch {
	case e.Type == "cluster_block_exception":
		c.set(ReadOnly)
	case e.Status == 401, e.Status == 403:
		c.set(Denied)
	case e.Status >= 500, e.Status == 429:
		c.set(Unreachable)
	}
}

func ofMessage(c *Cause, err error) {
	var e *notify.SendError
	if errors.As(err, &e) {
		c.Says = e.Error() // nothing in it was written by another side
		c.set(Unreachable)
	}
}

// ofErrno is what the system said; last, since engines say more.
func ofErrno(c *Cause, err error) {
	var no syscall.Errno
	if errors.As(err, &no) {
		c.Errno = unix.ErrnoName(no)
		switch no {
		case syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG:
			c.set(NoSpace)
		case syscall.EROFS:
			c.set(ReadOnly)
		case syscall.EACCES, syscall.EPERM:
			c.set(Denied)
		case syscall.ETIMEDOUT:
			c.set(Timeout)
		case syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EPIPE:
			c.set(Unreachable)
		default:
			c.set(IO)
		}
	}
	var network net.Error
	var dialled *net.OpError
	if errors.As(err, &dialled) && c.Doing == "" {
		c.Doing = dialled.Op + " " + dialled.Net
		if dialled.Op == "dial" && dialled.Addr != nil { // of a server that the operator named; others could be people's
			c.Doing += " " + dialled.Addr.String()
		}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &network) && network.Timeout():
		c.set(Timeout)
		if c.Says == "" && c.Doing == "" && c.Errno == "" && c.Engine == "" {
			c.Says = "no answer in time"
		}
	case errors.As(err, &network):
		c.set(Unreachable)
	case errors.Is(err, eventstore.ErrReadOnly):
		c.set(ReadOnly)
	case errors.Is(err, eventstore.ErrUnknownOutcome):
		c.set(Unsure)
	case errors.Is(err, consumers.ErrUnusable):
		c.set(Damaged)
	case c.Doing != "":
		c.set(IO)
	case c.Says != "":
		c.set(Unreachable)
	}
}

// innermost is the type of the first error that wraps no other.
func innermost(err error) string {
	for {
		next := errors.Unwrap(err)
		if many, ok := err.(interface{ Unwrap() []error }); ok && len(many.Unwrap()) > 0 {
			next = many.Unwrap()[0]
		}
		if next == nil {
			return fmt.Sprintf("%T", err)
		}
		err = next
	}
}
