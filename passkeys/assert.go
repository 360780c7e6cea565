package passkeys

import (
	"bytes"

	"github.com/go-webauthn/webauthn/protocol"

	"accountledger/domain"
)

// Assertion is an answer to AssertionOptions that was not checked yet.
type Assertion struct {
	parsed    *protocol.ParsedCredentialAssertionData
	challenge []byte
}

// ParseAssertion reads the JSON form of an answer (WebAuthn Level 3, 5.1, AuthenticationResponseJSON).
func ParseAssertion(data []byte) (*Assertion, error) {
	if len(data) > MaxAnswer {
		return nil, &Error{Reason: Malformed}
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(data)
	if err != nil {
		return nil, &Error{Reason: Malformed, cause: err}
	}
	challenge, err := challengeOf(parsed.Response.CollectedClientData)
	return &Assertion{parsed, challenge}, err
}

// Challenge is what it answers.
func (a *Assertion) Challenge() []byte { return a.challenge }

// Handle is the user handle that the authenticator has for the passkey; empty if it did not say, as it need not where passkeys were listed.
func (a *Assertion) Handle() []byte { return a.parsed.Response.UserHandle }

// By reports whether a passkey answered.
func (a *Assertion) By(p domain.Passkey) bool { return bytes.Equal(a.parsed.RawID, p.ID) }

// Known is what is known of a passkey from its uses, or, before the first, from its record.
type Known struct {
	SignCount int64
	Backup    domain.PasskeyBackup
}

// KnownOf is what a record says.
func KnownOf(p domain.Passkey) Known { return Known{int64(p.SignCount), BackupOf(p.Flags)} }

// Proof is what an assertion shows.
type Proof struct {
	Known
	UserVerified bool
	// Copyable: the passkey could not be on more than one device before, and now it can. Some authenticators begin to say so late. It is for
	// the caller to take this once and to tell the owner.
	Copyable bool
}

// Verify checks an assertion of a passkey, except its challenge (WebAuthn Level 3, 7.2). handle is that of whose the passkey is; it has to be in the
// assertion if named. CountBackward only if all else is right: whoever signed has the passkey's private key, or a copy of it.
func (rp RelyingParty) Verify(a *Assertion, p domain.Passkey, known Known, handle []byte, named bool, uv Verification) (Proof, error) {
	res := &a.parsed.Response
	said, data := a.Handle(), &res.AuthenticatorData
	switch {
	case !a.By(p):
		return Proof{}, &Error{Reason: Unknown, Field: "/id"}
	case (named || len(said) > 0) && !bytes.Equal(said, handle):
		return Proof{}, &Error{Reason: Unknown, Field: "/response/userHandle"}
	}
	if err := rp.checkClient(res.CollectedClientData, protocol.AssertCeremony); err != nil {
		return Proof{}, err
	}
	if err := rp.checkAuthenticator(data, uv, inAuthData); err != nil {
		return Proof{}, err
	}
	if err := a.parsed.Verify(res.CollectedClientData.Challenge, rp.id, "", []string{rp.origin}, nil, nil, protocol.TopOriginExplicitVerificationMode, false,
		uv == Required, true, p.PublicKey, protocol.SignaturePolicy{}); err != nil {
		return Proof{}, &Error{Reason: BadSignature, Field: "/response/signature", cause: err}
	}
	now := Known{int64(data.Counter), BackupOf(uint8(data.Flags))}
	switch {
	case known.Backup != domain.BackupNone && now.Backup == domain.BackupNone: // what can be copied stays so
		return Proof{}, &Error{Reason: BadBackup, Field: inAuthData}
	case known.SignCount > 0 && now.SignCount <= known.SignCount:
		return Proof{}, &Error{Reason: CountBackward, Field: inAuthData}
	}
	return Proof{Known: now, UserVerified: data.Flags.UserVerified(), Copyable: known.Backup == domain.BackupNone && now.Backup != domain.BackupNone}, nil
}
