// Package operate is what operators can do with a ledger on its machine. Operations lists all of it: the socket of a running
// server, the console and the command line read that table, so an operation is added in one file and one line of the table.
package operate

import (
	"context"
	"errors"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/domain"
	"accountledger/eventstore"
)

// None is the input or output of an operation that has none.
type None struct{}

// Recording says who writes an operation to the log, and when.
type Recording int

// Recordings.
const (
	// Unrecorded operations change nothing and show nothing personal.
	Unrecorded Recording = iota
	// RecordedFirst operations are recorded before they are carried out; one that cannot be recorded is not carried out.
	RecordedFirst
	// RecordedIfOpen operations are recorded first, unless the log permanently takes no appends.
	RecordedIfOpen
)

// Info is what the table says about an operation.
type Info struct {
	Name string // in the control protocol and in metrics
	// Reads: nothing but the record of the operation is written.
	Reads bool
	// Progress: it reports how far it has come.
	Progress bool
	// Text: it writes lines of text as it goes, and has no other output.
	Text bool
	// Records says when it is recorded, and As under which name.
	Records Recording
	As      domain.Operation
	// Stops: it ends when the server is about to stop, with this error.
	Stops error
}

// Entry is a row of the table.
type Entry interface {
	About() Info
	// perform carries the operation out. Only a Text operation writes to out.
	perform(ctx context.Context, o *Operator, in jsontext.Value, progress func(Progress), out io.Writer) (jsontext.Value, error)
}

// Operation is an operation with its input and output, which are JSON on the socket.
type Operation[In, Out any] struct {
	Info
	// views names the views of an input; one that does not exist is refused before anything is recorded.
	views func(In) []string
	// check refuses an input before it is recorded.
	check func(ctx context.Context, l *Ledger, in In) error
	do    func(ctx context.Context, c *call, in In) (Out, error)
}

// call is one operation being carried out.
type call struct {
	*Ledger
	uid      int
	because  domain.EventID // the record of the operation
	progress func(Progress) // never nil
	out      io.Writer      // of a Text operation
}

// About describes the operation.
func (op *Operation[In, Out]) About() Info { return op.Info }

// Run carries the operation out on a console. progress may be nil. Errors of a server have a Failure.
func (op *Operation[In, Out]) Run(ctx context.Context, c Console, in In, progress func(Progress)) (out Out, err error) {
	b, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	if b, err = c.Call(ctx, op, b, progress, nil); err != nil {
		return out, err
	}
	return out, json.Unmarshal(b, &out)
}

// Write carries a Text operation out on a console; out gets whole lines.
func (op *Operation[In, Out]) Write(ctx context.Context, c Console, in In, out io.Writer) error {
	b, err := json.Marshal(in)
	if err != nil {
		return err
	}
	_, err = c.Call(ctx, op, b, nil, out)
	return err
}

var errUnreadable = errors.New("the command cannot be read")

func (op *Operation[In, Out]) perform(ctx context.Context, o *Operator, b jsontext.Value, progress func(Progress), w io.Writer) (jsontext.Value, error) {
	var in In
	if err := json.Unmarshal(b, &in, json.RejectUnknownMembers(true)); err != nil {
		return nil, errUnreadable
	}
	if progress == nil {
		progress = func(Progress) {}
	}
	out, err := op.run(ctx, &call{Ledger: o.Ledger, uid: o.UID, progress: progress, out: w}, in)
	if o.Ended != nil {
		o.Ended(op.Name, out, err)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

func (op *Operation[In, Out]) run(ctx context.Context, c *call, in In) (out Out, err error) {
	if c.ReadOnly && !op.Reads {
		return out, eventstore.ErrReadOnly
	}
	var views []domain.ViewName
	if op.views != nil {
		if views, err = c.viewNames(op.views(in)); err != nil {
			return out, err
		}
	}
	if op.check != nil {
		if err := op.check(ctx, c.Ledger, in); err != nil {
			return out, err
		}
	}
	if err := c.record(ctx, op.Records, op.As, views); err != nil {
		return out, err
	}
	return op.do(ctx, c, in)
}
