package domain

import "time"

// RestoresStream holds that the ledger was restored from backups, each time it was.
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

// LedgerRestored: the log was made from a backup. What lies before it in the log and was open has ended: sessions,
// enrolment codes, verifications.
type LedgerRestored struct {
	From     LogID     `json:"from"`      // the log that the backup was made of
	BackupAt time.Time `json:"backup_at"` // when the backup was begun
	Events   int64     `json:"events"`    // in the backup
	List     ListState `json:"list"`
	UID      int       `json:"uid"` // of the system's user who restored
}
