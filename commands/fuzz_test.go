package commands_test

import (
	"bytes"
	"errors"
	"testing"

	"accountledger/commands"
	"accountledger/domain"
)

// FuzzAuthenticate takes any text for a token: nobody is signed in by what was never given out, and the refusal is
// always the same.
func FuzzAuthenticate(f *testing.F) {
	w := newWorld(f)
	w.account(ada)
	person, in := w.session(ada)
	added := do(w, w.AddService, domain.Operator(1000), commands.AddService{Name: "weather", Allowed: []domain.Allowance{weather}})
	staff := do(w, w.AddStaff, domain.Operator(1000), commands.AddStaff{Email: "grace@example.org", Name: "Grace", Role: domain.RoleAnalyst})
	for _, token := range []commands.Token{in.Token, added.Key, staff.Code, "", "alp_", "als_" + in.Token[4:], "alk_" + in.Token[4:],
		in.Token + "=", in.Token[:40]} {
		f.Add(string(token))
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := w.Authenticate(t.Context(), commands.Token(text))
		var refusal *domain.Error
		switch {
		case err == nil && text == string(in.Token):
			if c.Account != person.Account {
				t.Fatal("somebody else")
			}
		case err == nil && text == string(added.Key):
		case err == nil:
			t.Fatal("signed in by a token that was never given out")
		case !errors.As(err, &refusal) || refusal.Kind != domain.Unauthenticated:
			t.Fatalf("refused with %v", err)
		}
	})
}

// FuzzCursorToken opens any text as a sealed token: only what was sealed opens, under its own binding.
func FuzzCursorToken(f *testing.F) {
	w := newWorld(f)
	cipher, err := w.Ciphers("cursor")
	if err != nil {
		f.Fatal(err)
	}
	sealed := cipher.Seal([]byte("place"), []byte("binding"))
	f.Add(sealed, []byte("binding"))
	f.Add(sealed, []byte("another"))
	f.Add(sealed+"A", []byte("binding"))
	f.Add("", []byte{})
	f.Fuzz(func(t *testing.T, token string, binding []byte) {
		b, err := cipher.Open(token, binding)
		if err == nil && (token != sealed || string(binding) != "binding" || !bytes.Equal(b, []byte("place"))) {
			t.Fatal("what nobody sealed was opened")
		}
	})
}
