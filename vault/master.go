package vault

import (
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
)

// MasterKey wraps every key and secret that a vault stores. It is kept outside the
// vault's folder and outside every backup, so neither can be opened alone.
//
// It prints as its id, in every verb and in JSON, never as its bytes.
type MasterKey struct {
	// ID is random and public: rows name the master key they are wrapped under.
	ID uuid.UUID
	// MadeAt is when it was made, UTC, in whole seconds; zero if its file is of the first
	// version, which does not say.
	MadeAt   time.Time
	material [KeyBytes]byte
}

// NewMasterKey creates a random master key that is not stored. It is for tests and
// for vaults that die with their process; CreateMasterKey creates one that lasts.
func NewMasterKey() (*MasterKey, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return nil, fmt.Errorf("vault: making a master key: %w", err)
	}
	m := &MasterKey{ID: id, MadeAt: time.Now().UTC().Truncate(time.Second)}
	if _, err := rand.Read(m.material[:]); err != nil {
		return nil, fmt.Errorf("vault: making a master key: %w", err)
	}
	return m, nil
}

// String is the key's id.
func (m MasterKey) String() string { return m.ID.String() }

// Format writes the key's id, whatever the verb.
func (m MasterKey) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, m.String()) }

// MarshalText returns the key's id.
func (m MasterKey) MarshalText() ([]byte, error) { return m.ID.MarshalText() }
