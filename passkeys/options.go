package passkeys

import (
	"encoding/base64"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"accountledger/domain"
)

// RegistrationOptions is what a page gives to PublicKeyCredential.parseCreationOptionsFromJSON (WebAuthn Level 3, 5.1.8). Bytes are in base64url.
type RegistrationOptions struct {
	Party       Party        `json:"rp"`
	User        User         `json:"user"`
	Challenge   string       `json:"challenge" doc:"It can be answered for 5 minutes."`
	Parameters  []Parameter  `json:"pubKeyCredParams"`
	Timeout     int64        `json:"timeout" doc:"In milliseconds."`
	Exclude     []Descriptor `json:"excludeCredentials" doc:"The account's passkeys: their authenticators make no other."`
	Selection   Selection    `json:"authenticatorSelection"`
	Attestation string       `json:"attestation"`
	Extensions  Extensions   `json:"extensions"`
}

// Party is a relying party.
type Party struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// User is whom a passkey is made for, as its authenticator shows and knows them. It is personal.
type User struct {
	ID          string `json:"id" doc:"Not the account's id."`
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
}

// Parameter is a kind of key.
type Parameter struct {
	Type      string `json:"type"`
	Algorithm int64  `json:"alg" doc:"A COSE algorithm."`
}

// Descriptor is a passkey by its id.
type Descriptor struct {
	Type       string   `json:"type"`
	ID         string   `json:"id"`
	Transports []string `json:"transports,omitzero"`
}

// Selection says what passkeys are asked for.
type Selection struct {
	ResidentKey        string `json:"residentKey"`
	RequireResidentKey bool   `json:"requireResidentKey"`
	UserVerification   string `json:"userVerification"`
}

// Extensions are those that are asked for.
type Extensions struct {
	CredentialProperties bool `json:"credProps"`
}

// AssertionOptions is what a page gives to PublicKeyCredential.parseRequestOptionsFromJSON (WebAuthn Level 3, 5.1.9). Bytes are in base64url.
type AssertionOptions struct {
	Challenge        string       `json:"challenge" doc:"It can be answered for 5 minutes, and once."`
	Timeout          int64        `json:"timeout" doc:"In milliseconds."`
	PartyID          string       `json:"rpId"`
	Allow            []Descriptor `json:"allowCredentials,omitzero" doc:"The account's passkeys. Left out for guests, who sign in by any passkey of this site."`
	UserVerification string       `json:"userVerification"`
}

// Verification says whether an authenticator has to make sure that it is its user who is there.
type Verification string

// Values, as in WebAuthn Level 3, 5.8.6.
const (
	Required  Verification = "required"  // where a passkey is all that is proven
	Preferred Verification = "preferred" // where it is a second factor
)

// algorithms are the kinds of keys that are taken, the preferred one first.
var algorithms = []webauthncose.COSEAlgorithmIdentifier{webauthncose.AlgEdDSA, webauthncose.AlgES256, webauthncose.AlgRS256}

const keyType = string(protocol.PublicKeyCredentialType)

// Account is whom a passkey is made for.
type Account struct {
	Handle   []byte
	Name     string // personal: what its owner recognises it by
	Passkeys []domain.Passkey
}

// Registration makes the options for another passkey. No attestation is asked for: which models people use is their business.
func (rp RelyingParty) Registration(challenge []byte, a Account) RegistrationOptions {
	out := RegistrationOptions{Party: Party{rp.id, rp.name}, User: User{encode(a.Handle), a.Name, a.Name}, Challenge: encode(challenge),
		Timeout: Lifetime.Milliseconds(), Exclude: descriptors(a.Passkeys), Attestation: string(protocol.PreferNoAttestation),
		Selection:  Selection{ResidentKey: string(protocol.ResidentKeyRequirementRequired), RequireResidentKey: true, UserVerification: string(Required)},
		Extensions: Extensions{CredentialProperties: true}}
	for _, alg := range algorithms {
		out.Parameters = append(out.Parameters, Parameter{keyType, int64(alg)})
	}
	return out
}

// Assertion makes the options for a proof by one of some passkeys, or by any of this site for a guest, for whom there is no list: it would say
// whether somebody has passkeys.
func (rp RelyingParty) Assertion(challenge []byte, uv Verification, allow ...domain.Passkey) AssertionOptions {
	out := AssertionOptions{Challenge: encode(challenge), Timeout: Lifetime.Milliseconds(), PartyID: rp.id, UserVerification: string(uv)}
	if len(allow) > 0 {
		out.Allow = descriptors(allow)
	}
	return out
}

func descriptors(passkeys []domain.Passkey) []Descriptor {
	out := make([]Descriptor, len(passkeys))
	for i, p := range passkeys {
		out[i] = Descriptor{keyType, encode(p.ID), p.Transports}
	}
	return out
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
