package operate

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore"
)

func (o *call) request(operation string) commands.Request {
	return OperatorRequest(o.uid, operation, o.because)
}

// OperatorRequest is a request of an operator on the machine, for a command that because, another event, led to.
func OperatorRequest(uid int, operation string, because domain.EventID) commands.Request {
	return commands.Request{Caller: domain.Operator(uid), Channel: domain.ChannelConsole, Operation: operation, Because: because}
}

// record writes the operation to the log, as its recording says.
func (o *call) record(ctx context.Context, r Recording, op domain.Operation, views []domain.ViewName) error {
	if r == Unrecorded || o.ReadOnly {
		return nil
	}
	var err error
	o.because, err = RecordOperation(ctx, o.Menu, o.uid, op, views...)
	if err == nil || r != RecordedIfOpen {
		return err
	}
	if o.Unfit != nil && o.Unfit() { // a backup is needed most then
		o.Logger.Warn("an operator's command could not be recorded: nothing is appended any more", "operation", string(op))
		return nil
	}
	f, ok := o.Log.(eventstore.Fencer)
	if !ok {
		return err
	}
	if stands, e := f.Fenced(ctx); e != nil || stands.IsZero() {
		return err
	}
	o.Logger.Warn("an operator's command could not be recorded: the log is fenced", "operation", string(op))
	return nil
}

// RecordOperation writes an operator's command to the log, and returns the id of that event.
func RecordOperation(ctx context.Context, menu *commands.Menu, uid int, op domain.Operation, views ...domain.ViewName) (domain.EventID, error) {
	a, err := menu.Operate(ctx, OperatorRequest(uid, string(op), domain.EventID{}), commands.Operate{Operation: op, Views: views})
	return a.Value, err
}

// viewNames refuses names of views that do not exist.
func (l *Ledger) viewNames(views []string) ([]domain.ViewName, error) {
	names := make([]domain.ViewName, len(views))
	for i, v := range views {
		if _, ok := l.Views.Schema(v); !ok {
			return nil, errNoView
		}
		names[i] = domain.ViewName(v)
	}
	return names, nil
}
