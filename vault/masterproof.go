package vault

import (
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// proofName is the name of the value that proves a master key.
const proofName = "vault"

// Prove returns a proof that CheckProof takes, of a vault's id. It holds nothing secret.
func (m *MasterKey) Prove(id uuid.UUID) ([]byte, error) { return m.Wrap(KindCheck, proofName, id, nil) }

// CheckProof tells a master key from another with the same id: ErrMasterKey if it does not open the proof, made for a vault's id.
func (m *MasterKey) CheckProof(id uuid.UUID, proof []byte) error {
	_, err := m.Unwrap(KindCheck, proofName, id, proof)
	if errors.Is(err, ErrCorrupt) {
		return fmt.Errorf("%w: the master key with id %s does not open it", ErrMasterKey, m.ID)
	}
	return err
}
