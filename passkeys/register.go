package passkeys

import (
	"encoding/base64"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"accountledger/domain"
)

// MaxAnswer is how long an answer can be, in bytes of JSON.
const MaxAnswer = 16 << 10

// maxKey is how long a public key can be: that of an RSA key of 4096 bits takes half of it.
const maxKey = 1024

// transports are those that WebAuthn Level 3, 5.8.4, knows, in the order in which they are kept. What else a client says is not.
var transports = []string{"usb", "nfc", "ble", "smart-card", "hybrid", "internal"}

// Registration is an answer to RegistrationOptions that was not checked yet.
type Registration struct {
	parsed    *protocol.ParsedCredentialCreationData
	challenge []byte
}

// ParseRegistration reads the JSON form of an answer (WebAuthn Level 3, 5.1, RegistrationResponseJSON).
func ParseRegistration(data []byte) (*Registration, error) {
	if len(data) > MaxAnswer {
		return nil, &Error{Reason: Malformed}
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(data)
	if err != nil {
		return nil, &Error{Reason: Malformed, cause: err}
	}
	challenge, err := challengeOf(parsed.Response.CollectedClientData)
	return &Registration{parsed, challenge}, err
}

// Challenge is what it answers.
func (r *Registration) Challenge() []byte { return r.challenge }

// challengeOf is what client data answers, in the one form that browsers write.
func challengeOf(c protocol.CollectedClientData) ([]byte, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(c.Challenge)
	if err != nil || len(b) != challengeBytes {
		return nil, &Error{Reason: Foreign, Field: inClientData}
	}
	return b, nil
}

// checkClient checks what the browser says of the page and the ceremony (WebAuthn Level 3, 7.1 and 7.2).
func (rp RelyingParty) checkClient(c protocol.CollectedClientData, kind protocol.CeremonyType) error {
	switch {
	case c.Type != kind:
		return &Error{Reason: Malformed, Field: inClientData}
	case c.Origin != rp.origin, c.CrossOrigin, c.TopOrigin != "": // never in a frame of another page
		return &Error{Reason: OtherOrigin, Field: inClientData}
	}
	return nil
}

// checkAuthenticator checks what the authenticator says of whom it serves and who was there.
func (rp RelyingParty) checkAuthenticator(a *protocol.AuthenticatorData, uv Verification, field string) error {
	switch f := a.Flags; {
	case !slices.Equal(a.RPIDHash, rp.hash[:]):
		return &Error{Reason: OtherParty, Field: field}
	case !f.UserPresent():
		return &Error{Reason: Absent, Field: field}
	case uv == Required && !f.UserVerified():
		return &Error{Reason: Unverified, Field: field}
	case f.HasBackupState() && !f.HasBackupEligible(): // WebAuthn Level 3, 6.1.3
		return &Error{Reason: BadBackup, Field: field}
	}
	return nil
}

// Register checks the answer to RegistrationOptions, except its challenge. Its user was verified, as is asked for. The attestation is not looked
// at: none was asked for.
func (rp RelyingParty) Register(r *Registration) (domain.Passkey, error) {
	res, object := r.parsed.Response, &r.parsed.Response.AttestationObject
	data := &object.AuthData
	if err := rp.checkClient(res.CollectedClientData, protocol.CreateCeremony); err != nil {
		return domain.Passkey{}, err
	}
	if err := rp.checkAuthenticator(data, Required, inObject); err != nil {
		return domain.Passkey{}, err
	}
	key := data.AttData.CredentialPublicKey
	if _, err := webauthncose.ParsePublicKey(key); err != nil || len(key) > maxKey {
		return domain.Passkey{}, &Error{Reason: BadKey, Field: inObject, cause: err}
	}
	if props := r.parsed.ClientExtensionResults.CredProps; props != nil && props.RK != nil && !*props.RK {
		return domain.Passkey{}, &Error{Reason: BadKey, Field: "/clientExtensionResults/credProps"} // nobody could sign in by it alone
	}
	format := object.Format
	object.Format, object.AttStatement, object.SubStatements = string(protocol.AttestationFormatNone), nil, nil
	if _, err := r.parsed.Verify(res.CollectedClientData.Challenge, rp.id, []string{rp.origin}, nil, nil, protocol.TopOriginExplicitVerificationMode, false,
		true, true, nil, parameters(), protocol.AttestationPolicy{}, protocol.SignaturePolicy{}); err != nil {
		return domain.Passkey{}, &Error{Reason: BadKey, Field: inObject, cause: err}
	}
	if !protocol.IsAttestationFormatString(format) { // it is anybody's text
		format = ""
	}
	return domain.Passkey{ID: data.AttData.CredentialID, PublicKey: key, SignCount: data.Counter, Flags: uint8(data.Flags), AAGUID: data.AttData.AAGUID,
		Transports: known(res.Transports), Format: format}, nil
}

func parameters() (out []protocol.CredentialParameter) {
	for _, alg := range algorithms {
		out = append(out, protocol.CredentialParameter{Type: protocol.PublicKeyCredentialType, Algorithm: alg})
	}
	return out
}

func known(said []protocol.AuthenticatorTransport) (out []string) {
	for _, one := range transports {
		if slices.Contains(said, protocol.AuthenticatorTransport(one)) {
			out = append(out, one)
		}
	}
	return out
}

// BackupOf is the backup state that flags say.
func BackupOf(flags uint8) domain.PasskeyBackup {
	switch f := protocol.AuthenticatorFlags(flags); {
	case f.HasBackupState():
		return domain.BackedUp
	case f.HasBackupEligible():
		return domain.BackupEligible
	}
	return domain.BackupNone
}
