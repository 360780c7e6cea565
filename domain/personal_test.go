package domain_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	stdjson "encoding/json"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"accountledger/domain"
)

const canary = "canary-7f3a"

// holders are everything of the domain that holds something personal in clear, bare and inside something else.
func holders() []any {
	contact := domain.Contact{Kind: domain.IdentifierEmail, Typed: canary, Normalised: canary}
	text := domain.DeviceText{Text: canary}
	linked := domain.DeviceLinked{Kind: "watch", Model: domain.Personal(text, "k"), Name: domain.Personal(text, "k")}
	requested := domain.SignUpRequested{Contact: domain.Personal(contact, "k"), Birth: domain.Personal(domain.BirthMonth{Month: canary}, "k")}
	return []any{
		contact, &contact, []domain.Contact{contact}, map[string]any{"x": contact}, text, &text,
		domain.BirthMonth{Month: canary}, domain.ClientInfo{Address: canary, UserAgent: canary}, domain.OfficerInfo{Contact: contact, Name: canary},
		domain.LinkDevice{Kind: "watch", Model: canary, Name: canary}, domain.CodeInput{Destination: canary},
		domain.Personal(contact, "k"), domain.Personal(canary, "k"), linked, &linked, requested, &requested,
		domain.Device{DeviceLinked: linked, Name: linked.Name, Fact: domain.Fact{Event: linked}},
		domain.SignUp{Requested: &requested, Fact: domain.Fact{Event: requested}},
		domain.StaffAdded{Officer: domain.Personal(domain.OfficerInfo{Contact: contact, Name: canary}, "k")},
		domain.SessionStarted{Client: domain.Personal(domain.ClientInfo{Address: canary}, "k")},
	}
}

func TestPersonalNeverPrints(t *testing.T) {
	for _, v := range holders() {
		for verb := 'A'; verb <= 'z'; verb++ {
			// For %w of what is no error and %p of what is no pointer fmt asks no value how it prints; go vet refuses both.
			if verb > 'Z' && verb < 'a' || verb == 'w' || verb == 'p' {
				continue
			}
			for _, flags := range []string{"", "+", "#", "-20.3", "+#0", " "} {
				format := "%" + flags + string(verb)
				if out := fmt.Sprintf(format, v); strings.Contains(out, canary) || strings.Contains(out, fmt.Sprintf("%x", canary)) ||
					strings.Contains(out, fmt.Sprintf("%X", canary)) {
					t.Errorf("%T with %s: %s", v, format, out)
				}
			}
		}
		if strings.Contains(fmt.Sprint(v)+fmt.Sprintln(v), canary) {
			t.Errorf("%T prints", v)
		}
	}
}

func TestPersonalIsNeverLogged(t *testing.T) {
	for _, v := range holders() {
		var out bytes.Buffer
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		if strings.Contains(out.String(), canary) {
			t.Errorf("%T as text: %s", v, out.String())
		}
	}
	for _, v := range []slog.LogValuer{domain.Contact{Typed: canary}, domain.DeviceText{Text: canary}, domain.BirthMonth{Month: canary},
		domain.ClientInfo{Address: canary},
		domain.OfficerInfo{Name: canary}, domain.Personal(canary, "k"), domain.LinkDevice{Name: canary}, domain.CodeInput{Destination: canary}} {
		var out bytes.Buffer
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
		if strings.Contains(out.String(), canary) {
			t.Errorf("%T as JSON: %s", v, out.String())
		}
	}
}

func TestAnUnsealedPartIsNeverWritten(t *testing.T) {
	p := domain.Personal(canary, "k")
	for _, v := range []any{p, &p, []any{p}, domain.DeviceRenamed{Name: domain.Personal(domain.DeviceText{Text: canary}, "k")}} {
		if b, err := json.Marshal(v); err == nil || strings.Contains(string(b), canary) || strings.Contains(err.Error(), canary) {
			t.Errorf("%T was written by the module that the journal uses: %v", v, err)
		}
		if b, _ := stdjson.Marshal(v); strings.Contains(string(b), canary) {
			t.Errorf("%T was written by the standard library", v)
		}
	}
}

func TestPartsKeepTheirSealedForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := domain.Sealed{Name: rapid.String().Draw(t, "name"), Version: rapid.Int().Draw(t, "version"), Keys: []string{rapid.String().Draw(t, "key")},
			Alg: "A256GCM", Nonce: rapid.SliceOf(rapid.Byte()).Draw(t, "nonce"), Bytes: rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")}
		p := domain.Personal(domain.DeviceText{Text: canary}, "k")
		p.Seal(&want)
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var back domain.Part[domain.DeviceText]
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(back)
		if err != nil || !bytes.Equal(b, again) {
			t.Fatalf("written once %s, then %s: %v", b, again, err)
		}
		if value, _ := p.Clear(); value != nil {
			t.Fatal("the clear value is still there")
		}
	})
}

func FuzzPersonalPrints(f *testing.F) {
	f.Add("%v %+v %#v", canary)
	f.Add("%[1]*.[2]*[3]f %!", canary)
	f.Fuzz(func(t *testing.T, format, secret string) {
		none := fmt.Sprintf(format, domain.Contact{}, domain.Personal(""), domain.DeviceText{})
		if len(secret) < 6 || strings.ContainsAny(format, "wp") || strings.Contains(none, secret) {
			return
		}
		out := fmt.Sprintf(format, domain.Contact{Typed: secret, Normalised: secret}, domain.Personal(secret), domain.DeviceText{Text: secret})
		if strings.Contains(out, secret) {
			t.Errorf("format %q printed it", format)
		}
	})
}
