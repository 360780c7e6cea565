package passkeys_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"testing"

	"accountledger/passkeys"
	"accountledger/passkeys/passkeytest"
)

// BenchmarkVerify is what an assertion costs, from its JSON on, beside the check of such a signature alone.
func BenchmarkVerify(b *testing.B) {
	rp, d := party(b), passkeytest.New()
	p, err := register(b, d, page)
	if err != nil {
		b.Fatal(err)
	}
	answer := d.Sign(page, rp.Assertion(made.New(passkeys.ToSignIn, nil, noon), passkeys.Required))
	b.Run("assertion", func(b *testing.B) {
		for b.Loop() {
			a, err := passkeys.ParseAssertion(answer)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := rp.Verify(a, p, passkeys.KnownOf(p), handles.Of(ada), true, passkeys.Required); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("signature", func(b *testing.B) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		sum := sha256.Sum256(answer)
		signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			sum := sha256.Sum256(answer)
			if !ecdsa.VerifyASN1(&key.PublicKey, sum[:], signature) {
				b.Fatal("a right signature is refused")
			}
		}
	})
}
