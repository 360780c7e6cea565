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
	OpReplayAbandon Operation = "replay_abandon" // a move was given up; this log stays in use
	OpReplayExport  Operation = "replay_export"
	OpReplaySkip    Operation = "replay_skip"
	OpReplayShow    Operation = "replay_show"
	OpKeysList      Operation = "keys_list"
	OpKeysRotate    Operation = "keys_rotate"
	OpKeysDestroyed Operation = "keys_destroyed"
	OpClockConfirm  Operation = "clock_confirm"
	OpControllerSet Operation = "controller_set"
	OpBackup        Operation = "backup"           // one was started: from now on copies of keys may exist
	OpBackupDone    Operation = "backup_completed" // it is complete
)

// Validate refuses unknown values.
func (o Operation) Validate() error {
	return oneOf(o, OpMailbox, OpStaffAdd, OpServiceAdd, OpReplayRebuild, OpReplayCompare, OpReplayMove, OpReplayAbandon, OpReplayExport, OpReplaySkip,
		OpReplayShow, OpKeysList, OpKeysRotate, OpKeysDestroyed, OpClockConfirm, OpControllerSet, OpBackup, OpBackupDone)
}

// OperationPerformed: an operator ran a command on the machine.
type OperationPerformed struct {
	Operation Operation  `json:"operation"`
	UID       int        `json:"uid"` // of the operator
	Views     []ViewName `json:"views,omitzero"`
}

// AttemptKind is a kind of refused attempt.
type AttemptKind string

// Kinds.
const (
	AttemptSignIn AttemptKind = "sign_in"
	AttemptCode   AttemptKind = "code"
)

// Validate refuses unknown values.
func (k AttemptKind) Validate() error { return oneOf(k, AttemptSignIn, AttemptCode) }

// AttemptsLimited: refusals reached the limit of a window. At most one event per window, however many follow.
type AttemptsLimited struct {
	Attempt AttemptKind `json:"attempt"`
	Limit   int         `json:"limit"`
	Seconds int         `json:"seconds"` // length of the window
}

// Attempts is the state of refusals for one identifier on one day.
type Attempts struct {
	Limited map[AttemptKind]int
	own     bool
}

// Fork returns a copy to apply facts to; see forked.
func (a *Attempts) Fork() *Attempts { return &Attempts{Limited: a.Limited} }

// Apply applies a fact to the state.
func (a *Attempts) Apply(f Fact) error {
	e, ok := f.Event.(AttemptsLimited)
	if !ok {
		return unexpected(f)
	}
	forked(&a.Limited, &a.own)[e.Attempt]++
	return nil
}
