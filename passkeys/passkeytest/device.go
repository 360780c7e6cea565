// Package passkeytest is an authenticator in memory, for tests: it answers as a browser does, and as none should.
package passkeytest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"

	"github.com/fxamacker/cbor/v2"

	"accountledger/passkeys"
)

// Flags of authenticator data (WebAuthn Level 3, 6.1).
const (
	Present        = 1 << 0
	Verified       = 1 << 2
	BackupEligible = 1 << 3
	BackedUp       = 1 << 4
	attested       = 1 << 6
)

// Page is where the browser is, as it says itself.
type Page struct {
	Origin      string
	CrossOrigin bool
	TopOrigin   string
	Type        string // empty: the right one
}

// Device is an authenticator with one passkey.
type Device struct {
	ID     []byte
	Handle []byte // learned when the passkey is made
	Flags  byte
	Count  uint32 // of signatures; it is told as it is
	Party  string // the relying party's id; empty: that of the options
	Format string // of the attestation
	key    crypto.Signer
	cose   []byte
}

// New makes a device that is there with its user, whose passkey can be copied and is.
func New() *Device {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	point, err := key.PublicKey.Bytes()
	check(err)
	return device(key, map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
}

// NewEd25519 makes one with another kind of key.
func NewEd25519() *Device {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	check(err)
	return device(key, map[int]any{1: 1, 3: -8, -1: 6, -2: []byte(public)})
}

func device(key crypto.Signer, public map[int]any) *Device {
	cose, err := cbor.Marshal(public)
	check(err)
	d := &Device{ID: make([]byte, 32), Flags: Present | Verified | BackupEligible | BackedUp, key: key, cose: cose}
	_, _ = rand.Read(d.ID)
	return d
}

// Forge makes the public key that the device tells another one.
func (d *Device) Forge(public map[int]any) {
	cose, err := cbor.Marshal(public)
	check(err)
	d.cose = cose
}

// Make answers the options for another passkey, and remembers whose it is.
func (d *Device) Make(page Page, o passkeys.RegistrationOptions) []byte {
	d.Handle = decode(o.User.ID)
	data := binary.BigEndian.AppendUint16(append(d.data(o.Party.ID, attested), make([]byte, 16)...), uint16(len(d.ID)))
	data = append(append(data, d.ID...), d.cose...)
	format := d.Format
	if format == "" {
		format = "none"
	}
	object, err := cbor.Marshal(map[string]any{"fmt": format, "attStmt": map[string]any{}, "authData": data})
	check(err)
	return marshal(map[string]any{"id": encode(d.ID), "rawId": encode(d.ID), "type": "public-key", "authenticatorAttachment": "platform",
		"clientExtensionResults": map[string]any{"credProps": map[string]any{"rk": true}},
		"response": map[string]any{"attestationObject": encode(object), "transports": []string{"internal", "hybrid", "pigeon"},
			"clientDataJSON": encode(page.client("webauthn.create", o.Challenge))}})
}

// Sign answers the options for a proof.
func (d *Device) Sign(page Page, o passkeys.AssertionOptions) []byte {
	client, data := page.client("webauthn.get", o.Challenge), d.data(o.PartyID, 0)
	hash := sha256.Sum256(client)
	signed := append(append([]byte{}, data...), hash[:]...)
	var opts crypto.SignerOpts = crypto.Hash(0)
	if _, ok := d.key.(*ecdsa.PrivateKey); ok {
		sum := sha256.Sum256(signed)
		signed, opts = sum[:], crypto.SHA256
	}
	signature, err := d.key.Sign(rand.Reader, signed, opts)
	check(err)
	return marshal(map[string]any{"id": encode(d.ID), "rawId": encode(d.ID), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{"authenticatorData": encode(data), "clientDataJSON": encode(client), "signature": encode(signature),
			"userHandle": encode(d.Handle)}})
}

// data is authenticator data up to the count.
func (d *Device) data(party string, more byte) []byte {
	if d.Party != "" {
		party = d.Party
	}
	hash := sha256.Sum256([]byte(party))
	return binary.BigEndian.AppendUint32(append(hash[:], d.Flags|more), d.Count)
}

func (p Page) client(kind, challenge string) []byte {
	if p.Type != "" {
		kind = p.Type
	}
	out := map[string]any{"type": kind, "challenge": challenge, "origin": p.Origin, "crossOrigin": p.CrossOrigin}
	if p.TopOrigin != "" {
		out["topOrigin"] = p.TopOrigin
	}
	return marshal(out)
}

func marshal(v any) []byte {
	b, err := json.Marshal(v)
	check(err)
	return b
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func decode(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(s)
	check(err)
	return b
}

// check ends the test: nothing here fails.
func check(err error) {
	if err != nil {
		panic(err)
	}
}
