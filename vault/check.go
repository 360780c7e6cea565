package vault

import (
	"fmt"

	"github.com/google/uuid"
)

// CheckName reports whether a key or secret may have this name: 1 to MaxNameBytes
// bytes, any bytes. The error is ErrInvalid.
func CheckName(name string) error {
	if name == "" {
		return fmt.Errorf("%w: an empty name", ErrInvalid)
	}
	if len(name) > MaxNameBytes {
		return fmt.Errorf("%w: a name of more than %d bytes", ErrInvalid, MaxNameBytes)
	}
	return nil
}

// CheckNames is CheckName for each of them.
func CheckNames(names []string) error {
	for _, name := range names {
		if err := CheckName(name); err != nil {
			return err
		}
	}
	return nil
}

// CheckClaim refuses the nil UUID as a claim, with ErrInvalid.
func CheckClaim(claim uuid.UUID) error {
	if claim == uuid.Nil {
		return fmt.Errorf("%w: a claim without an id", ErrInvalid)
	}
	return nil
}

// CheckSecret bounds a secret, with ErrInvalid.
func CheckSecret(secret []byte) error {
	if len(secret) > MaxSecretBytes {
		return fmt.Errorf("%w: a secret of more than %d bytes", ErrInvalid, MaxSecretBytes)
	}
	return nil
}
