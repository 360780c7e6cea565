package domain

import "time"

// RestoresStream holds the restores and imports of the ledger; each starts a new history.
const RestoresStream = "restores"

// BackupsStream holds operators' backup commands, apart from the others so that the last one is found quickly.
const BackupsStream = "backups"

// ListState is what a restore knew of destructions after its backup.
type ListState string

// States of the list of destructions.
const (
	ListNone     ListState = "none"     // none was kept when the backup was made, and none was given
	ListProven   ListState = "proven"   // applied, and provably complete
	ListUnproven ListState = "unproven" // applied, but its end could be missing
	ListMissing  ListState = "missing"  // one was kept, but the operator restored without it
)

// Validate refuses unknown values.
func (s ListState) Validate() error {
	return oneOf(s, ListNone, ListProven, ListUnproven, ListMissing)
}

// RestoreCause is the cause of a restore.
type RestoreCause string

// Causes of restores.
const (
	// CauseBackup: the ledger was restored from a backup.
	CauseBackup RestoreCause = "backup"
	// CauseOlderLog: the log lacks acknowledged events, and an operator chose to continue with it.
	CauseOlderLog RestoreCause = "older_log"
	// CauseOlderVault: the vault lacks acknowledged changes, and an operator chose to continue with it.
	CauseOlderVault RestoreCause = "older_vault"
	// CauseLogID: the log's id was lost, and an operator had it restored.
	CauseLogID RestoreCause = "log_id"
)

// Validate refuses unknown values.
func (c RestoreCause) Validate() error {
	return oneOf(c, CauseBackup, CauseOlderLog, CauseOlderVault, CauseLogID)
}

// LedgerRestored: the ledger continues from an earlier state. Sessions, enrolment codes and verifications that started before it
// have ended.
type LedgerRestored struct {
	Cause    RestoreCause `json:"cause"`
	From     LogID        `json:"from"`               // the log it continues
	BackupAt time.Time    `json:"backup_at,omitzero"` // when the backup started; zero without one
	Events   int64        `json:"events"`             // in the backup, or up to here
	List     ListState    `json:"list"`
	UID      int          `json:"uid"` // of the operator
	// Reason is the operator's, if there was no backup.
	Reason Part[OperatorReason] `json:"restore_reason,omitzero"`
}

// LedgerImported: the log was made from an export and its vault. The exported ledger may continue elsewhere, so whatever was open
// has ended here, as after a restore.
type LedgerImported struct {
	From   LogID `json:"from"` // the log that was exported
	Events int64 `json:"events"`
	UID    int   `json:"uid"` // of the operator
}
