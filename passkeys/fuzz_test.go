package passkeys_test

import (
	"os"
	"testing"

	"accountledger/passkeys"
	"accountledger/passkeys/passkeytest"
)

// FuzzAnswers: whatever is sent is refused or checked, and nothing of it ends the program.
func FuzzAnswers(f *testing.F) {
	rp := party(f)
	d := passkeytest.New()
	f.Add(d.Make(page, rp.Registration(made.New(passkeys.ToEnrol, nil, noon), passkeys.Account{Handle: handles.Of(ada)})))
	f.Add(d.Sign(page, rp.Assertion(made.New(passkeys.ToSignIn, nil, noon), passkeys.Required)))
	for _, odd := range []string{"", "null", "{}", `{"id":null,"response":null}`, `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`,
		`{"id":"AA","rawId":"AA","type":"public-key","clientExtensionResults":{"credProps":{"rk":false}},"response":{"attestationObject":"oA","clientDataJSON":"e30"}}`} {
		f.Add([]byte(odd))
	}
	if stored, err := os.ReadFile("testdata/assertion.json"); err == nil {
		f.Add(stored)
	}
	p, err := register(f, d, page)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := passkeys.ParseRegistration(data); err == nil {
			if _, err := rp.Register(r); err == nil && len(r.Challenge()) == 0 {
				t.Error("without a challenge")
			}
		}
		if a, err := passkeys.ParseAssertion(data); err == nil {
			_, _ = rp.Verify(a, p, passkeys.KnownOf(p), handles.Of(ada), true, passkeys.Required)
		}
	})
}
