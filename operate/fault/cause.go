// Package fault says what went wrong beneath the ledger, in the log, the vault, the views, the lists and the messages, so that an
// operator can act on it: which file, where in it, what the system or the engine said. It takes that from the errors' types alone.
// The texts of errors that nobody here wrote are never repeated, since they could hold what somebody sent.
package fault

import (
	"fmt"
	"strings"
)

// Kind sorts faults for metrics. The set is closed.
type Kind string

// Kinds of faults.
const (
	Damaged      Kind = "damaged"         // stored bytes are not what was written
	NoSpace      Kind = "no_space"        // the disk or a quota is full, or free space is under the reserve
	ReadOnly     Kind = "read_only"       // it takes no writes
	Denied       Kind = "denied"          // the system, the server or a master key does not let us
	Locked       Kind = "locked"          // another program holds it
	Fenced       Kind = "fenced"          // the log takes no appends for good
	Foreign      Kind = "foreign"         // it belongs to another log, or another history of it
	Timeout      Kind = "timeout"         // no answer in time
	Unreachable  Kind = "unreachable"     // no connection, or it ended
	Unsure       Kind = "unknown_outcome" // a write of which nobody knows what it did
	IO           Kind = "io"              // any other failure to read or write
	Undigestible Kind = "undigestible"    // a consumer cannot go on past an event
	Other        Kind = "other"
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{Damaged, NoSpace, ReadOnly, Denied, Locked, Fenced, Foreign, Timeout, Unreachable, Unsure, IO, Undigestible, Other}
}

// Cause is what is known of a fault. Fields that are not known are empty. Nothing in it is personal.
type Cause struct {
	Kind Kind `json:"kind"`
	// Says is what the ledger itself calls the fault; of an error that it does not know, the types.
	Says string `json:"says,omitzero"`
	// Doing is the call that failed, such as open or write.
	Doing string `json:"doing,omitzero"`
	File  string `json:"file,omitzero"`
	// Offset is where the damage is, in bytes from the start of the file.
	Offset *int64 `json:"offset,omitzero"`
	// Position is where in the log.
	Position string `json:"position,omitzero"`
	// Errno is the system's name for the error, such as ENOSPC.
	Errno string `json:"errno,omitzero"`
	// Engine is what the engine's own code for it is: SQLITE_FULL, SQLSTATE 53100, HTTP 429 cluster_block_exception.
	Engine string `json:"engine,omitzero"`
}

// String is the cause in one line.
func (c Cause) String() string {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(string(c.Kind), "_", " "))
	if c.Says != "" {
		b.WriteString(": " + c.Says)
	}
	var place []string
	add := func(format string, a ...any) { place = append(place, fmt.Sprintf(format, a...)) }
	if c.Doing != "" {
		add("%s", c.Doing)
	}
	if c.File != "" {
		add("file %s", c.File)
	}
	if c.Offset != nil {
		add("offset %d", *c.Offset)
	}
	if c.Position != "" {
		add("position %s", c.Position)
	}
	if c.Errno != "" {
		add("%s", c.Errno)
	}
	if c.Engine != "" {
		add("%s", c.Engine)
	}
	if len(place) > 0 {
		b.WriteString(" (" + strings.Join(place, ", ") + ")")
	}
	return b.String()
}

// same says whether two causes are of one fault.
func (c Cause) same(d Cause) bool {
	at := func(c Cause) int64 {
		if c.Offset == nil {
			return -1
		}
		return *c.Offset
	}
	one, other := at(c), at(d)
	c.Offset, d.Offset = nil, nil
	return one == other && c == d
}
