package passwords_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"

	"accountledger/passwords"
)

const canary = "canary-5f1e"

func TestPasswordNeverPrints(t *testing.T) {
	p := passwords.New(canary)
	type request struct {
		Password passwords.Password
		Pointer  *passwords.Password
		inner    passwords.Password
	}
	r := request{Password: p, Pointer: &p, inner: p}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%c", "%U", "%t"} {
		if got := fmt.Sprintf(verb, p); got != "[password]" {
			t.Errorf("%s prints %q", verb, got)
		}
		fmt.Fprintf(&out, verb+verb+verb, &p, r, []any{r, &r, map[string]passwords.Password{"a": p}})
	}
	fmt.Fprintln(&out, p, r, &r)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "p", p, "pp", &p, "r", r)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "p", p, "pp", &p, "r", r)
	one, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	two, err := jsonv2.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(one)
	out.Write(two)
	hexed := fmt.Sprintf("%x", canary)
	if s := out.String(); strings.Contains(s, canary) || strings.Contains(strings.ToLower(s), hexed) || strings.Contains(s, "99 97 110") {
		t.Fatalf("the password is in %s", s)
	}
	if string(two) != `{"Password":"[password]","Pointer":"[password]"}` {
		t.Fatalf("JSON is %s", two)
	}
}

func TestPasswordIsReadFromJSON(t *testing.T) {
	h := hasher(t, passwords.Options{})
	hash, err := h.Hash(t.Context(), passwords.New("läuft \"gut\""))
	if err != nil {
		t.Fatal(err)
	}
	for name, unmarshal := range map[string]func([]byte, any) error{
		"standard library": json.Unmarshal,
		"version 2":        func(b []byte, v any) error { return jsonv2.Unmarshal(b, v) },
	} {
		var body struct{ Password passwords.Password }
		if err := unmarshal([]byte(`{"Password":"l\u00e4uft \"gut\""}`), &body); err != nil {
			t.Fatal(err)
		}
		if ok, _, err := h.Verify(t.Context(), body.Password, hash); err != nil || !ok {
			t.Errorf("%s: not the same password, error %v", name, err)
		}
		if err := unmarshal([]byte(`{"Password":7}`), &body); err == nil {
			t.Errorf("%s: a number is a password", name)
		}
	}
}
