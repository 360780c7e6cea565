package server

import (
	"context"
	"io"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// Console is what operators can do on the machine: with the running server or, when none runs, with one opened for the command.
type Console interface {
	// Status is the state of the ledger, as far as it can be read. It shows nothing personal.
	Status(ctx context.Context) (Status, error)
	// Mailbox gives the messages in the local mailbox. They are personal, so the access is recorded first.
	Mailbox(ctx context.Context) ([]MailboxEntry, error)
	// StaffAdd adds an officer and gives the one-time enrolment code.
	StaffAdd(ctx context.Context, in StaffAdd) (StaffAdded, error)
	// ServiceAdd connects a service and gives its key.
	ServiceAdd(ctx context.Context, in ServiceAdd) (ServiceAdded, error)
	// Rebuild rebuilds views from the log, and continues where a rebuild was interrupted: what was folded when ctx ends is kept.
	// progress may be called often.
	Rebuild(ctx context.Context, in RebuildViews, progress func(Progress)) error
	// KeysList lists every master key that the vault was ever wrapped under, the oldest first.
	KeysList(ctx context.Context) ([]MasterKey, error)
	// KeysRotate rewraps everything under a new master key; called again, it continues where it was.
	KeysRotate(ctx context.Context, in KeysRotate, progress func(Progress)) (KeysRotated, error)
	// KeysDestroyed records that the operator destroyed a master key.
	KeysDestroyed(ctx context.Context, in KeysDestroyed) (MasterKey, error)
	// Export writes the log and, if asked for, the vault to out as lines of CloudEvents.
	Export(ctx context.Context, in Export, out io.Writer) error
	// BackupStart gives what a backup that begins now has to know about the ledger.
	BackupStart(ctx context.Context) (BackupStart, error)
	// BackupDone records that a backup is complete.
	BackupDone(ctx context.Context) error
	// Verify checks log, vault and checkpoints and gives the first fault of each.
	Verify(ctx context.Context, progress func(Progress)) (Verified, error)
	// Compare folds views from the log into a scratch folder and gives every difference from the live ones; none named
	// means all.
	Compare(ctx context.Context, views []string, progress func(Progress)) (Comparison, error)
	// Skip lets a view skip an event that it cannot digest; one that it can is refused. Repeating it is harmless.
	Skip(ctx context.Context, in EventSkip, progress func(Progress)) (SkippedEvent, error)
	// Skips lists every event that was skipped, with the reasons.
	Skips(ctx context.Context) ([]SkippedEvent, error)
	// Show gives a compliance officer an account as it was at a given time, once the access is recorded as theirs.
	Show(ctx context.Context, in ShowAccount) (AccountShown, error)
	// ClockConfirm confirms the ledger's clock after a jump; it is refused where the clock shows another time than in.
	ClockConfirm(ctx context.Context, in ClockConfirm) (ClockConfirmed, error)
	// Close frees the console.
	Close() error
}

// Status is the state of the ledger.
type Status struct {
	Version string `json:"version"`
	Running bool   `json:"running"` // a server answers; false: opened for this command
	Address string `json:"address,omitzero"`
	// Internal is the address of metrics, details of readiness and profiles; none: not served.
	Internal string    `json:"internal,omitzero"`
	Ready    bool      `json:"ready"`
	Reason   string    `json:"reason,omitzero"` // why it is not ready
	Log      LogStatus `json:"log"`
	// Unread are the parts of the status that cannot be read now, with the causes.
	Unread []Unread `json:"unread,omitzero"`
	// Faults are what this process met since its start, each with its cause, since when and how often; current ones come first.
	Faults    []Fault          `json:"faults,omitzero"`
	Messages  string           `json:"messages"` // where messages to people go
	Consumers []ConsumerStatus `json:"consumers"`
	Deadlines int              `json:"deadlines"` // sign-ups and erasures that wait for their time
	// Clock says whether the clock is trusted.
	Clock ClockStatus `json:"clock"`
	// Skips are the events that operators skipped, without the reasons.
	Skips []SkippedEvent `json:"skips,omitzero"`
	// Rebuilds are those in progress or unfinished.
	Rebuilds []RebuildStatus `json:"rebuilds,omitzero"`
	// MasterKeys are those that are not destroyed, without counts; none where the vault cannot be read now.
	MasterKeys []MasterKey `json:"master_keys,omitzero"`
	// Backups says until when backups hold keys that are destroyed now.
	Backups BackupsStatus `json:"backups"`
}

// LogStatus is the log's.
type LogStatus struct {
	ID   string `json:"id"`
	Head string `json:"head"`
	// Fence says why the log permanently takes no appends: it has moved, or is an archive.
	Fence string `json:"fence,omitzero"`
}

// ConsumerStatus is one consumer's.
type ConsumerStatus struct {
	Name       string  `json:"name"`
	Position   string  `json:"position"`
	Lag        int64   `json:"lag"`                   // events up to the head
	AtLeast    bool    `json:"lag_at_least,omitzero"` // there are more
	Unknown    bool    `json:"lag_unknown,omitzero"`  // the log cannot be asked
	LagSeconds float64 `json:"lag_seconds"`           // age of the oldest event not handled
	State      string  `json:"state"`                 // running, waiting, stopped, rebuilding, idle
	Reason     string  `json:"reason,omitzero"`
	// Unreadable is the id of an unreadable event at which it waits: replay skip skips it everywhere.
	Unreadable string `json:"unreadable,omitzero"`
}

// MailboxEntry is one message of the local mailbox.
type MailboxEntry struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	Code    string    `json:"code,omitzero"`
	Expires time.Time `json:"expires,omitzero"`
}

// StaffAdd is an officer to add.
type StaffAdd struct {
	Email string `json:"email"`
	Name  string `json:"name,omitzero"`
	Role  string `json:"role"`
}

// StaffAdded is the answer; the code is shown once.
type StaffAdded struct {
	Staff   string    `json:"staff"`
	Code    string    `json:"code"`
	Expires time.Time `json:"expires"`
}

// ServiceAdd is a service to connect.
type ServiceAdd struct {
	Name  string   `json:"name"`
	Allow []string `json:"allow"` // permission:purpose
}

// ServiceAdded is the answer; the key is shown once.
type ServiceAdded struct {
	Service string `json:"service"`
	Key     string `json:"key"`
}

// Progress is how far an operator's command has come.
type Progress struct {
	// View names the view being worked on, or another stage of the command.
	View string `json:"view,omitzero"`
	// Done of Total are finished, counted in Unit; Total is 0 while it is not known.
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
	Unit  string `json:"unit,omitzero"`
	// Resumed says that the command continues from here; what follows counts from there.
	Resumed bool `json:"resumed,omitzero"`
}

// operator is the server's console for one system user.
type operator struct {
	*Server
	uid int
}

func (o operator) request(operation string, because domain.EventID) commands.Request {
	return commands.Request{Caller: domain.Operator(o.uid), Channel: domain.ChannelConsole, Operation: operation, Because: because}
}

// record writes the operator's command to the log before it is carried out, and gives its event.
func (o operator) record(ctx context.Context, op domain.Operation, views ...domain.ViewName) (domain.EventID, error) {
	a, err := o.menu.Operate(ctx, o.request(string(op), domain.EventID{}), commands.Operate{Operation: op, Views: views})
	return a.Value, err
}

// Status answers even when the log takes no appends: that is when it is needed most. It is not recorded.
func (o operator) Status(ctx context.Context) (Status, error) { return o.status(ctx), nil }

func (o operator) Mailbox(ctx context.Context) ([]MailboxEntry, error) {
	if _, err := o.record(ctx, domain.OpMailbox); err != nil {
		return nil, err
	}
	return o.mailboxEntries()
}

func (o operator) StaffAdd(ctx context.Context, in StaffAdd) (StaffAdded, error) {
	because, err := o.record(ctx, domain.OpStaffAdd)
	if err != nil {
		return StaffAdded{}, err
	}
	a, err := o.menu.AddStaff(ctx, o.request("addStaff", because), commands.AddStaff{Email: in.Email, Name: in.Name, Role: domain.Role(in.Role)})
	if err != nil {
		return StaffAdded{}, err
	}
	return StaffAdded{Staff: a.Value.Staff.String(), Code: string(a.Value.Code), Expires: a.Value.Expires}, nil
}

func (o operator) ServiceAdd(ctx context.Context, in ServiceAdd) (ServiceAdded, error) {
	allowed, err := allowances(in.Allow)
	if err != nil {
		return ServiceAdded{}, err
	}
	because, err := o.record(ctx, domain.OpServiceAdd)
	if err != nil {
		return ServiceAdded{}, err
	}
	a, err := o.menu.AddService(ctx, o.request("addService", because), commands.AddService{Name: domain.Slug(in.Name), Allowed: allowed})
	if err != nil {
		return ServiceAdded{}, err
	}
	return ServiceAdded{Service: a.Value.Service.String(), Key: string(a.Value.Key)}, nil
}

// Close leaves the server as it is.
func (o operator) Close() error { return nil }
