package eventstore

import "github.com/google/uuid"

// Salvaged is what was found of a log that does not open.
type Salvaged struct {
	// Log is the log's id, zero if no file tells.
	Log uuid.UUID `json:"log,omitzero"`
	// Events is how many events can be read from the start, up to the first gap.
	Events int64 `json:"events"`
	// Behind is how many readable events are behind the first gap. They are left out: what comes before them is not known.
	Behind int64 `json:"behind,omitzero"`
	// Acknowledged is how many events there were according to the witnesses; 0 if they do not say.
	Acknowledged int64 `json:"acknowledged,omitzero"`
	// Damage is what could not be read, one entry per file.
	Damage []SalvageDamage `json:"damage,omitzero"`
}

// SalvageDamage is one file that could not be read to its end.
type SalvageDamage struct {
	File   string `json:"file"`
	Offset int64  `json:"offset"` // -1 if not known
	Reason string `json:"reason"`
}
