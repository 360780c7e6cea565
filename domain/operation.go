package domain

// Operation is an operator's command.
type Operation string

// Operations.
const (
	OpMailbox       Operation = "mailbox"
	OpStaffAdd      Operation = "staff_add"
	OpStaffChange   Operation = "staff_change"
	OpServiceAdd    Operation = "service_add"
	OpServiceChange Operation = "service_change"
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
	return oneOf(o, OpMailbox, OpStaffAdd, OpStaffChange, OpServiceAdd, OpServiceChange, OpReplayRebuild, OpReplayCompare, OpReplayMove, OpReplayAbandon,
		OpReplayExport, OpReplaySkip, OpReplayShow, OpKeysList, OpKeysRotate, OpKeysDestroyed, OpClockConfirm, OpControllerSet, OpBackup, OpBackupDone)
}

// OperationPerformed: an operator ran a command on the machine.
type OperationPerformed struct {
	Operation Operation  `json:"operation"`
	UID       int        `json:"uid"` // of the operator
	Views     []ViewName `json:"views,omitzero"`
}
