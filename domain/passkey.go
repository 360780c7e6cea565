package domain

// Passkey is what a passkey is checked by: a credential record (WebAuthn Level 3, 4, "Credential Record"), as it was when it was made. It is
// shown to nobody.
type Passkey struct {
	ID        []byte `json:"id"`         // at most 1023 bytes; its authenticator chose it
	PublicKey []byte `json:"public_key"` // a COSE_Key (RFC 9052)
	SignCount uint32 `json:"sign_count,omitzero"`
	// Flags are those of the authenticator data (WebAuthn Level 3, 6.1).
	Flags uint8 `json:"flags"`
	// AAGUID is the model of the authenticator, as far as it says; 16 bytes.
	AAGUID []byte `json:"aaguid,omitzero"`
	// Transports are the ways in which its authenticator can be reached, of those that the standard knows.
	Transports []string `json:"transports,omitzero"`
	// Format is that of the attestation that came with it, which nobody asked for and nothing rests on.
	Format string `json:"format,omitzero"`
}

// PasskeyBackup says whether a passkey can be on more than one device (WebAuthn Level 3, 6.1.3).
type PasskeyBackup string

// States.
const (
	BackupNone     PasskeyBackup = "none"      // it stays on the device that made it
	BackupEligible PasskeyBackup = "eligible"  // it can be copied
	BackedUp       PasskeyBackup = "backed_up" // it has been
)

// Validate refuses unknown values.
func (b PasskeyBackup) Validate() error { return oneOf(b, BackupNone, BackupEligible, BackedUp) }
