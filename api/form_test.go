package api_test

import (
	"fmt"
	"strings"
	"testing"
)

// placesAndCodes are the faults of a refusal, in their order.
func placesAndCodes(t *testing.T, r reply) string {
	t.Helper()
	var out []string
	faults, _ := r.get(t, "errors").([]any)
	for i := range faults {
		out = append(out, r.str(t, "errors", i, "field")+" "+r.str(t, "errors", i, "code"))
		if r.str(t, "errors", i, "message") == "" {
			t.Errorf("no message: %s", r.text)
		}
	}
	return strings.Join(out, ", ")
}

// TestAllFaults: a form is told all that is wrong with it at once, by field: what was sent in its order, then what is missing. The first is
// that of the problem itself. Nothing that was sent comes back.
func TestAllFaults(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna := l.person("anna@example.com")
	many := `{"kind": "phone", "model": "x", "name": "y", ` + strings.TrimSuffix(strings.Repeat(`"`+canary+`_": 1, `, 1), ", ") + `}`
	for _, c := range []struct{ name, method, path, body, want string }{
		{"nothing", "POST", "/v1/sign-ups", `{}`, "/email required, /password required, /region required, /language required, /birth_month required"},
		{"all of it wrong", "POST", "/v1/sign-ups", `{"birth_month": "2999-01", "region": "XX", "email": "` + canary + `", "language": "zz-zz", "password": "a"}`,
			"/birth_month invalid_birth_month, /region invalid_region, /email invalid_email, /language invalid_language, /password password_too_short"},
		{"a password like the address and a month", "POST", "/v1/sign-ups",
			strings.Replace(signUpBody("canary7f3a-walrus@example.com"), password, "canary7f3a-walrus", 1), "/password password_like_identifier"},
		{"wrong, unknown, null and missing", "POST", "/v1/sign-ups", `{"email": 5, "` + canary + `": 1, "region": null, "language": "de", "birth_month": "1990-05"}`,
			"/email wrong_type,  unknown_field, /region null_value, /password required"},
		{"inside", "POST", "/v1/sign-ups", strings.Replace(signUpBody("a@example.com"), "{", `{"work": {"challenge": "", "`+canary+`": 1}, `, 1),
			"/work/challenge required, /work unknown_field, /work/nonce required"},
		{"a device", "POST", "/v1/me/devices", `{"kind": "` + canary + `", "model": "` + strings.Repeat("n", 101) + `", "name": " "}`,
			"/kind invalid_device_kind, /model invalid_device_model, /name invalid_device_name"},
		{"an unknown field", "POST", "/v1/me/devices", many, " unknown_field"},
		{"a decision", "PUT", "/v1/me/permissions/location", `{"purpose": "` + canary + `", "state": "none"}`, "/purpose invalid_purpose, /state invalid_state"},
	} {
		r := l.send(c.method, c.path, anna.token, c.body)
		if got := placesAndCodes(t, r); got != c.want {
			t.Errorf("%s: %s\n%s", c.name, got, r.text)
		}
		first, _, _ := strings.Cut(c.want, ", ")
		field, _ := r.get(t, "field").(string)
		if field+" "+r.str(t, "code") != first || r.str(t, "detail") != r.str(t, "errors", 0, "message") {
			t.Errorf("%s: the first is another: %s", c.name, r.text)
		}
		if strings.Contains(r.text, canary) || strings.Contains(r.text, "walrus") || strings.Contains(r.text, "nnnn") {
			t.Errorf("%s: repeats what was sent: %s", c.name, r.text)
		}
	}
	r := l.want(400, "POST", "/v1/me/devices", anna.token, many)
	if !strings.Contains(r.str(t, "detail"), "kind, model, name") {
		t.Errorf("the known fields are not named: %s", r.text)
	}
	long := fmt.Sprintf(`{"group": {"by": [%s"a"]}}`, strings.Repeat("5, ", 1000))
	officer := l.officer("officer@example.org", "compliance")
	if faults, _ := l.want(422, "POST", "/v1/views/daily/query", officer, long).get(t, "errors").([]any); len(faults) != 20 {
		t.Errorf("%d faults are told", len(faults))
	}
}
