package passkeys_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/passkeys"
	"accountledger/passkeys/passkeytest"
)

const origin = "https://accounts.example.com"

var (
	page    = passkeytest.Page{Origin: origin}
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	handles = passkeys.NewHandles([32]byte{1})
	ada     = uuid.MustParse("7c9e6679-7425-40de-944b-e07fc1f90ae7")
	made    = passkeys.Challenges{MAC: func(parts ...[]byte) [32]byte { return sha256.Sum256(bytes.Join(parts, []byte{0xff})) }}
)

func party(tb testing.TB) passkeys.RelyingParty {
	tb.Helper()
	rp, err := passkeys.NewRelyingParty(origin, "Example Company")
	if err != nil {
		tb.Fatal(err)
	}
	return rp
}

// register makes a device's passkey for ada.
func register(tb testing.TB, d *passkeytest.Device, page passkeytest.Page) (domain.Passkey, error) {
	tb.Helper()
	rp := party(tb)
	options := rp.Registration(made.New(passkeys.ToEnrol, ada[:], noon), passkeys.Account{Handle: handles.Of(ada), Name: "ada@example.com"})
	answer, err := passkeys.ParseRegistration(d.Make(page, options))
	if err != nil {
		return domain.Passkey{}, err
	}
	if err := made.Check(answer.Challenge(), passkeys.ToEnrol, ada[:], noon); err != nil {
		return domain.Passkey{}, err
	}
	return rp.Register(answer)
}

// prove lets a device answer a guest's options, and checks that.
func prove(tb testing.TB, d *passkeytest.Device, p domain.Passkey, known passkeys.Known, page passkeytest.Page,
	uv passkeys.Verification) (passkeys.Proof, error) {
	tb.Helper()
	rp := party(tb)
	a, err := passkeys.ParseAssertion(d.Sign(page, rp.Assertion(made.New(passkeys.ToSignIn, nil, noon), uv)))
	if err != nil {
		return passkeys.Proof{}, err
	}
	return rp.Verify(a, p, known, handles.Of(ada), true, uv)
}

func TestPasskeysSignIn(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]*passkeytest.Device{"P-256": passkeytest.New(), "Ed25519": passkeytest.NewEd25519()} {
		p, err := register(t, d, page)
		if err != nil {
			t.Fatal(name, err)
		}
		if !slices.Equal(p.Transports, []string{"hybrid", "internal"}) || p.Format != "none" || passkeys.BackupOf(p.Flags) != domain.BackedUp {
			t.Errorf("%s: the record is %+v", name, p)
		}
		proof, err := prove(t, d, p, passkeys.KnownOf(p), page, passkeys.Required)
		if err != nil || !proof.UserVerified || proof.Copyable {
			t.Errorf("%s: %+v, %v", name, proof, err)
		}
	}
}

// An authenticator that others wrote.
func TestAnotherAuthenticator(t *testing.T) {
	t.Parallel()
	rp, theirs := party(t), virtualwebauthn.RelyingParty{ID: "accounts.example.com", Name: "x", Origin: origin}
	for _, kind := range []virtualwebauthn.KeyType{virtualwebauthn.KeyTypeEC2, virtualwebauthn.KeyTypeRSA} {
		cred := virtualwebauthn.NewCredential(kind)
		for kind == virtualwebauthn.KeyTypeEC2 && len(cred.Key.AttestationData()) != 77 { // it drops leading zeros
			cred = virtualwebauthn.NewCredential(kind)
		}
		auth := virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: handles.Of(ada)})
		options := rp.Registration(made.New(passkeys.ToEnrol, nil, noon), passkeys.Account{Handle: handles.Of(ada)})
		create, err := virtualwebauthn.ParseAttestationOptions(text(t, options))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := passkeys.ParseRegistration([]byte(virtualwebauthn.CreateAttestationResponse(theirs, auth, cred, *create)))
		if err != nil {
			t.Fatal(err)
		}
		p, err := rp.Register(answer)
		if err != nil || p.Format != "packed" {
			t.Fatal(kind, p, err)
		}
		get, err := virtualwebauthn.ParseAssertionOptions(text(t, rp.Assertion(made.New(passkeys.ToSignIn, nil, noon), passkeys.Required)))
		if err != nil {
			t.Fatal(err)
		}
		a, err := passkeys.ParseAssertion([]byte(virtualwebauthn.CreateAssertionResponse(theirs, auth, cred, *get)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rp.Verify(a, p, passkeys.KnownOf(p), handles.Of(ada), true, passkeys.Required); err != nil {
			t.Error(kind, err)
		}
	}
}

func TestRegistrationsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*passkeytest.Device, *passkeytest.Page)
		want  passkeys.Reason
	}{
		"another page": {func(_ *passkeytest.Device, p *passkeytest.Page) {
			p.Origin = "https://accounts.example.com.evil.example"
		}, passkeys.OtherOrigin},
		"another port":          {func(_ *passkeytest.Device, p *passkeytest.Page) { p.Origin += ":8443" }, passkeys.OtherOrigin},
		"without TLS":           {func(_ *passkeytest.Device, p *passkeytest.Page) { p.Origin = "http://accounts.example.com" }, passkeys.OtherOrigin},
		"a subdomain":           {func(_ *passkeytest.Device, p *passkeytest.Page) { p.Origin = "https://x.accounts.example.com" }, passkeys.OtherOrigin},
		"in a frame":            {func(_ *passkeytest.Device, p *passkeytest.Page) { p.CrossOrigin = true }, passkeys.OtherOrigin},
		"under another page":    {func(_ *passkeytest.Device, p *passkeytest.Page) { p.TopOrigin = "https://evil.example" }, passkeys.OtherOrigin},
		"a proof":               {func(_ *passkeytest.Device, p *passkeytest.Page) { p.Type = "webauthn.get" }, passkeys.Malformed},
		"another party":         {func(d *passkeytest.Device, _ *passkeytest.Page) { d.Party = "example.com" }, passkeys.OtherParty},
		"nobody there":          {func(d *passkeytest.Device, _ *passkeytest.Page) { d.Flags &^= passkeytest.Present }, passkeys.Absent},
		"nobody known":          {func(d *passkeytest.Device, _ *passkeytest.Page) { d.Flags &^= passkeytest.Verified }, passkeys.Unverified},
		"backed up, though not": {func(d *passkeytest.Device, _ *passkeytest.Page) { d.Flags &^= passkeytest.BackupEligible }, passkeys.BadBackup},
		"a key not asked for": {func(d *passkeytest.Device, _ *passkeytest.Page) {
			d.Forge(map[int]any{1: 2, 3: -35, -1: 2, -2: make([]byte, 48), -3: make([]byte, 48)})
		}, passkeys.BadKey},
		"no point": {func(d *passkeytest.Device, _ *passkeytest.Page) {
			d.Forge(map[int]any{1: 2, 3: -7, -1: 1, -2: make([]byte, 32), -3: make([]byte, 32)})
		}, passkeys.BadKey},
		"a huge key": {func(d *passkeytest.Device, _ *passkeytest.Page) {
			d.Forge(map[int]any{1: 3, 3: -257, -1: bytes.Repeat([]byte{0xff}, 4096), -2: []byte{1, 0, 1}})
		}, passkeys.BadKey},
		"no key": {func(d *passkeytest.Device, _ *passkeytest.Page) { d.Forge(map[int]any{}) }, passkeys.BadKey},
	} {
		d, at := passkeytest.New(), page
		c.spoil(d, &at)
		if _, err := register(t, d, at); !errors.Is(err, passkeys.Because(c.want)) {
			t.Errorf("%s: %v instead of %s", name, err, c.want)
		}
	}
}

func TestProofsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(d *passkeytest.Device, p *passkeytest.Page, record *domain.Passkey, known *passkeys.Known)
		want  passkeys.Reason
	}{
		"another page": {func(_ *passkeytest.Device, p *passkeytest.Page, _ *domain.Passkey, _ *passkeys.Known) {
			p.Origin = "https://evil.example"
		},
			passkeys.OtherOrigin},
		"in a frame": {func(_ *passkeytest.Device, p *passkeytest.Page, _ *domain.Passkey, _ *passkeys.Known) {
			p.CrossOrigin = true
		}, passkeys.OtherOrigin},
		"a registration": {func(_ *passkeytest.Device, p *passkeytest.Page, _ *domain.Passkey, _ *passkeys.Known) {
			p.Type = "webauthn.create"
		},
			passkeys.Malformed},
		"another party": {func(d *passkeytest.Device, _ *passkeytest.Page, _ *domain.Passkey, _ *passkeys.Known) {
			d.Party = "example.com"
		},
			passkeys.OtherParty},
		"nobody there": {func(d *passkeytest.Device, _ *passkeytest.Page, _ *domain.Passkey, _ *passkeys.Known) {
			d.Flags &^= passkeytest.Present
		},
			passkeys.Absent},
		"nobody known": {func(d *passkeytest.Device, _ *passkeytest.Page, _ *domain.Passkey, _ *passkeys.Known) {
			d.Flags &^= passkeytest.Verified
		},
			passkeys.Unverified},
		"backed up, though not": {func(d *passkeytest.Device, _ *passkeytest.Page, _ *domain.Passkey, _ *passkeys.Known) {
			d.Flags &^= passkeytest.BackupEligible
		},
			passkeys.BadBackup},
		"cannot be copied any more": {func(d *passkeytest.Device, _ *passkeytest.Page, _ *domain.Passkey, _ *passkeys.Known) {
			d.Flags &^= passkeytest.BackupEligible | passkeytest.BackedUp
		}, passkeys.BadBackup},
		"another passkey": {func(d *passkeytest.Device, _ *passkeytest.Page, _ *domain.Passkey, _ *passkeys.Known) {
			d.ID = []byte("another")
		},
			passkeys.Unknown},
		"another account": {func(d *passkeytest.Device, _ *passkeytest.Page, _ *domain.Passkey, _ *passkeys.Known) {
			d.Handle = handles.Of(uuid.New())
		},
			passkeys.Unknown},
		"no account": {func(d *passkeytest.Device, _ *passkeytest.Page, _ *domain.Passkey, _ *passkeys.Known) { d.Handle = nil }, passkeys.Unknown},
		"another key under the same id": {func(_ *passkeytest.Device, _ *passkeytest.Page, record *domain.Passkey, _ *passkeys.Known) {
			other, _ := register(t, passkeytest.New(), page)
			record.PublicKey = other.PublicKey
		}, passkeys.BadSignature},
		"the same count": {func(d *passkeytest.Device, _ *passkeytest.Page, _ *domain.Passkey, known *passkeys.Known) {
			d.Count, known.SignCount = 7, 7
		},
			passkeys.CountBackward},
		"a lower count": {func(d *passkeytest.Device, _ *passkeytest.Page, _ *domain.Passkey, known *passkeys.Known) {
			d.Count, known.SignCount = 0, 7
		},
			passkeys.CountBackward},
	} {
		d, at := passkeytest.New(), page
		p, err := register(t, d, at)
		if err != nil {
			t.Fatal(err)
		}
		known := passkeys.KnownOf(p)
		c.spoil(d, &at, &p, &known)
		if _, err := prove(t, d, p, known, at, passkeys.Required); !errors.Is(err, passkeys.Because(c.want)) {
			t.Errorf("%s: %v instead of %s", name, err, c.want)
		}
	}
}

// Counts are compared only once they are used, and a passkey becomes one that can be copied once.
func TestWhatIsTaken(t *testing.T) {
	t.Parallel()
	d := passkeytest.New()
	d.Flags = passkeytest.Present | passkeytest.Verified
	p, err := register(t, d, page)
	if err != nil {
		t.Fatal(err)
	}
	known := passkeys.KnownOf(p)
	for range 2 { // a count that stays 0 says nothing
		proof, err := prove(t, d, p, known, page, passkeys.Required)
		if err != nil || proof.Copyable || proof.Backup != domain.BackupNone {
			t.Fatalf("%+v, %v", proof, err)
		}
	}
	d.Count = 1
	if proof, err := prove(t, d, p, known, page, passkeys.Required); err != nil || proof.SignCount != 1 {
		t.Errorf("%+v, %v", proof, err)
	}
	d.Flags |= passkeytest.BackupEligible
	proof, err := prove(t, d, p, known, page, passkeys.Required)
	if err != nil || !proof.Copyable || proof.Backup != domain.BackupEligible {
		t.Errorf("%+v, %v", proof, err)
	}
	d.Count++
	if again, err := prove(t, d, p, proof.Known, page, passkeys.Required); err != nil || again.Copyable {
		t.Errorf("%+v, %v", again, err)
	}
	d.Flags, d.Count = passkeytest.Present, 9
	if _, err := prove(t, d, p, passkeys.KnownOf(p), page, passkeys.Preferred); err != nil {
		t.Error("as a second factor without its user's verification:", err)
	}
}

func TestChallenges(t *testing.T) {
	t.Parallel()
	c := made.New(passkeys.ToRaise, ada[:], noon)
	if again := made.New(passkeys.ToRaise, ada[:], noon); bytes.Equal(c, again) {
		t.Error("two are the same")
	}
	other := passkeys.Challenges{MAC: func(parts ...[]byte) [32]byte { return sha256.Sum256(bytes.Join(append(parts, []byte("x")), nil)) }}
	spoiled := bytes.Clone(c)
	spoiled[20]++ // its time
	for name, got := range map[string]struct {
		err  error
		want passkeys.Reason
	}{
		"at once":             {made.Check(c, passkeys.ToRaise, ada[:], noon), ""},
		"at the end":          {made.Check(c, passkeys.ToRaise, ada[:], noon.Add(passkeys.Lifetime-1)), ""},
		"a little early":      {made.Check(c, passkeys.ToRaise, ada[:], noon.Add(-passkeys.Skew)), ""},
		"as a second factor":  {made.Check(made.New(passkeys.ToSecond, nil, noon), passkeys.ToSecond, nil, noon.Add(passkeys.LifetimeBeside-1)), ""},
		"late":                {made.Check(c, passkeys.ToRaise, ada[:], noon.Add(passkeys.Lifetime)), passkeys.Expired},
		"a clock ahead":       {made.Check(c, passkeys.ToRaise, ada[:], noon.Add(-10*time.Minute)), passkeys.Early},
		"from before restore": {passkeys.Challenges{MAC: made.MAC, Epoch: []byte("2")}.Check(c, passkeys.ToRaise, ada[:], noon), passkeys.Foreign},
		"another purpose":     {made.Check(c, passkeys.ToSignIn, ada[:], noon), passkeys.Foreign},
		"another session":     {made.Check(c, passkeys.ToRaise, nil, noon), passkeys.Foreign},
		"another key":         {other.Check(c, passkeys.ToRaise, ada[:], noon), passkeys.Foreign},
		"changed":             {made.Check(spoiled, passkeys.ToRaise, ada[:], noon), passkeys.Foreign},
		"short":               {made.Check(c[:20], passkeys.ToRaise, ada[:], noon), passkeys.Foreign},
	} {
		var e *passkeys.Error
		if got.want == "" && got.err != nil || got.want != "" && (!errors.As(got.err, &e) || e.Reason != got.want || e.Field != "/response/clientDataJSON") {
			t.Errorf("%s: %v instead of %q", name, got.err, got.want)
		}
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	for _, right := range []string{origin, "https://example.com:8443", "http://localhost:8080", "http://localhost", "https://localhost"} {
		if rp, err := passkeys.NewRelyingParty(right, "x"); err != nil || rp.Origin() != right || strings.Contains(rp.ID(), ":") {
			t.Error(right, rp, err)
		}
	}
	for _, wrong := range []string{"", "example.com", "http://example.com", "https://example.com/", "https://example.com/x", "https://Example.com",
		"https://a@example.com",
		"https://127.0.0.1", "https://[::1]:443", "https://example.com:443", "https://example.com:", "https://example.com.", "https://example.com?x",
		"ftp://localhost",
		"http://localhost:80", "https://", "null", "https://example.com#"} {
		if _, err := passkeys.NewRelyingParty(wrong, "x"); err == nil {
			t.Error(wrong, "is taken")
		}
	}
}

func TestHandles(t *testing.T) {
	t.Parallel()
	h := handles.Of(ada)
	if back, ok := handles.Account(h); !ok || back != ada || bytes.Equal(h, ada[:]) {
		t.Error("a handle does not lead back, or is the id itself")
	}
	if back, _ := passkeys.NewHandles([32]byte{2}).Account(h); back == ada {
		t.Error("it leads back under another key")
	}
	if _, ok := handles.Account(h[:15]); ok {
		t.Error("a short one is taken")
	}
}

// A guest's options hold nothing of anybody.
func TestOptions(t *testing.T) {
	t.Parallel()
	rp := party(t)
	if got := text(t, rp.Assertion([]byte{1, 2}, passkeys.Required)); got != `{"challenge":"AQI","timeout":300000,"rpId":"accounts.example.com","userVerification":"required"}` {
		t.Error(got)
	}
	if got := rp.Assertion(nil, passkeys.Preferred, domain.Passkey{ID: []byte{1}, Transports: []string{"usb"}}); len(got.Allow) != 1 || got.Allow[0].ID != "AQ" {
		t.Errorf("%+v", got)
	}
}

// The record is stored: it has to be readable for ever.
func TestRecord(t *testing.T) {
	t.Parallel()
	stored, err := os.ReadFile("testdata/record.json")
	if err != nil {
		t.Fatal(err)
	}
	var p domain.Passkey
	if err := json.Unmarshal(stored, &p); err != nil {
		t.Fatal(err)
	}
	if got := text(t, p); got != strings.TrimSpace(string(stored)) {
		t.Errorf("it is written as %s", got)
	}
	answer, err := os.ReadFile("testdata/assertion.json")
	if err != nil {
		t.Fatal(err)
	}
	a, err := passkeys.ParseAssertion(answer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := party(t).Verify(a, p, passkeys.KnownOf(p), handles.Of(ada), true, passkeys.Required); err != nil {
		t.Error("an answer by the stored record:", err)
	}
}

func text(tb testing.TB, v any) string {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}
