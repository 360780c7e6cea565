package domain

import "time"

// RestoresStream holds where new histories of the ledger begin: that it was restored, or imported, each time it was.
const RestoresStream = "restores"

// BackupsStream holds operators' acts about backups apart from the others, so that the last is found at once.
const BackupsStream = "backups"

// ListState says what a restore knew of the destructions that came after its backup.
type ListState string

// States of the list of destructions.
const (
	ListNone     ListState = "none"     // none was kept when the backup was made, and none was given
	ListProven   ListState = "proven"   // it was applied, and nothing is missing from it
	ListUnproven ListState = "unproven" // it was applied, and whether something is missing from its end could not be proved
	ListMissing  ListState = "missing"  // one was kept, and the operator restored without it
)

// Validate refuses what is no state.
func (s ListState) Validate() error {
	return oneOf(s, ListNone, ListProven, ListUnproven, ListMissing)
}

// RestoreCause says what a restore was.
type RestoreCause string

// Causes of restores.
const (
	// CauseBackup: the ledger was made from a backup.
	CauseBackup RestoreCause = "backup"
	// CauseOlderLog: the log lacks events that it had acknowledged, and an operator went on with it.
	CauseOlderLog RestoreCause = "older_log"
	// CauseOlderVault: the vault lacks what it had acknowledged, and an operator went on with it.
	CauseOlderVault RestoreCause = "older_vault"
	// CauseLogID: the log's id was gone, and an operator had it put back.
	CauseLogID RestoreCause = "log_id"
)

// Validate refuses what is no cause.
func (c RestoreCause) Validate() error {
	return oneOf(c, CauseBackup, CauseOlderLog, CauseOlderVault, CauseLogID)
}

// LedgerRestored: the ledger goes on from an earlier state. What lies before it in the log and was open has ended: sessions,
// enrolment codes, verifications.
type LedgerRestored struct {
	Cause    RestoreCause `json:"cause"`
	From     LogID        `json:"from"`               // the log whose history it goes on with
	BackupAt time.Time    `json:"backup_at,omitzero"` // when the backup was begun; zero without one
	Events   int64        `json:"events"`             // in the backup, or up to here
	List     ListState    `json:"list"`
	UID      int          `json:"uid"` // of the system's user who restored
	// Reason is the operator's, where there was no backup.
	Reason Part[OperatorReason] `json:"restore_reason,omitzero"`
}

// LedgerImported: the log was made from an export with its vault. The exported ledger may go on elsewhere, so what was open has
// ended here as after a restore.
type LedgerImported struct {
	From   LogID `json:"from"` // the log that was exported
	Events int64 `json:"events"`
	UID    int   `json:"uid"` // of the system's user who imported
}
