package domain

// Operation is an operator's command.
type Operation string

// Operations.
const (
	OpMailbox       Operation = "mailbox"
	OpStaffAdd      Operation = "staff_add"
	OpServiceAdd    Operation = "service_add"
	OpReplayRebuild Operation = "replay_rebuild"
	OpReplayCompare Operation = "replay_compare"
	OpReplayMove    Operation = "replay_move"
	OpReplayAbandon Operation = "replay_abandon" // a move was given up, and this log goes on
	OpReplayExport  Operation = "replay_export"
	OpReplaySkip    Operation = "replay_skip"
	OpReplayShow    Operation = "replay_show"
	OpKeysList      Operation = "keys_list"
	OpKeysRotate    Operation = "keys_rotate"
	OpKeysDestroyed Operation = "keys_destroyed"
	OpSimulate      Operation = "simulate"
	OpClockConfirm  Operation = "clock_confirm"
	OpBackup        Operation = "backup"           // one was begun: from here on copies of keys may exist
	OpBackupDone    Operation = "backup_completed" // it is whole
)

// Validate refuses what is no operation.
func (o Operation) Validate() error {
	return oneOf(o, OpMailbox, OpStaffAdd, OpServiceAdd, OpReplayRebuild, OpReplayCompare, OpReplayMove, OpReplayAbandon, OpReplayExport, OpReplaySkip, OpReplayShow, OpKeysList, OpKeysRotate, OpKeysDestroyed, OpSimulate, OpClockConfirm, OpBackup, OpBackupDone)
}

// OperationPerformed: an operator ran a command on the machine.
type OperationPerformed struct {
	Operation Operation  `json:"operation"`
	UID       int        `json:"uid"` // of the system's user who ran it
	Views     []ViewName `json:"views,omitzero"`
}

// AttemptKind is what was refused.
type AttemptKind string

// Kinds.
const (
	AttemptSignIn AttemptKind = "sign_in"
	AttemptCode   AttemptKind = "code"
)

// Validate refuses what is no kind.
func (k AttemptKind) Validate() error { return oneOf(k, AttemptSignIn, AttemptCode) }

// AttemptsLimited: more was refused than the limit of a window. One event a window, however many follow.
type AttemptsLimited struct {
	Attempt AttemptKind `json:"attempt"`
	Limit   int         `json:"limit"`
	Seconds int         `json:"seconds"` // the window's length
}

// Attempts is the state of what was refused for one identifier on one day.
type Attempts struct {
	Limited map[AttemptKind]int
}

// Apply assigns what a fact says.
func (a *Attempts) Apply(f Fact) error {
	e, ok := f.Event.(AttemptsLimited)
	if !ok {
		return unexpected(f)
	}
	if a.Limited == nil {
		a.Limited = map[AttemptKind]int{}
	}
	a.Limited[e.Attempt]++
	return nil
}
