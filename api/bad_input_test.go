package api_test

import (
	"fmt"
	"strings"
	"testing"

	"accountledger/domain"
)

// canary is a value that must come back in no refusal, log, metric or header.
const canary = "canary7f3a"

// bad is one request that is refused.
type bad struct {
	name, method, path, as, body string
	headers                      []header
	status                       int
	code, field                  string
}

func badRequests(device string) []bad {
	long := strings.Repeat("n", 10_000)
	signUp := func(field, value string) string {
		b := signUpBody("x@example.com")
		at := strings.Index(b, `"`+field+`": `) + len(field) + 4
		end := at + 1 + strings.Index(b[at+1:], `"`) + 1
		return b[:at] + value + b[end:]
	}
	device = "/v1/me/devices/" + device
	return []bad{
		{"no JSON", "POST", "/v1/sign-ups", "guest", canary, nil, 400, "malformed_json", ""},
		{"cut off", "POST", "/v1/sign-ups", "guest", `{"email": "` + canary, nil, 400, "malformed_json", ""},
		{"two values", "POST", "/v1/sign-ups", "guest", `{} {}`, nil, 400, "malformed_json", ""},
		{"a list", "POST", "/v1/sign-ups", "guest", `["` + canary + `"]`, nil, 400, "not_an_object", ""},
		{"null", "POST", "/v1/sign-ups", "guest", `null`, nil, 400, "not_an_object", ""},
		{"no body", "POST", "/v1/sign-ups", "guest", "", nil, 400, "body_missing", ""},
		{"unknown field", "POST", "/v1/sign-ups", "guest", `{"` + canary + `": 1}`, nil, 400, "unknown_field", ""},
		{"unknown field inside", "POST", "/v1/views/accounts/query", "compliance", `{"group": {"by": ["region"], "` + canary + `": 1}}`, nil, 400, "unknown_field", "/group"},
		{"other case", "POST", "/v1/sign-ups", "guest", `{"Email": "x"}`, nil, 400, "unknown_field", ""},
		{"a name twice", "POST", "/v1/sign-ups", "guest", `{"email": "a", "email": "` + canary + `"}`, nil, 400, "duplicate_field", ""},
		{"an invented name twice", "POST", "/v1/sign-ups", "guest", `{"` + canary + `": "a", "` + canary + `": 1}`, nil, 400, "duplicate_field", ""},
		{"a number for a text", "POST", "/v1/sign-ups", "guest", `{"email": 5}`, nil, 422, "wrong_type", "/email"},
		{"a text for a truth value", "POST", "/v1/sessions", "guest", `{"staff": "` + canary + `"}`, nil, 422, "wrong_type", "/staff"},
		{"a text for a number", "POST", "/v1/views/accounts/query", "compliance", `{"limit": "` + canary + `"}`, nil, 422, "wrong_type", "/limit"},
		{"a number inside a list", "POST", "/v1/views/accounts/query", "compliance", `{"group": {"by": ["region", 5]}}`, nil, 422, "wrong_type", "/group/by/1"},
		{"invalid UTF-8", "POST", "/v1/sign-ups", "guest", "{\"email\": \"\xff\xfe\"}", nil, 400, "malformed_json", ""},
		{"a NUL", "POST", "/v1/me/devices", "owner", `{"kind": "phone", "model": "x", "name": "` + canary + `\u0000"}`, nil, 400, "control_character", "/name"},
		{"a bare NUL", "POST", "/v1/me/devices", "owner", "{\"kind\": \"phone\", \"model\": \"x\", \"name\": \"a\x00\"}", nil, 400, "malformed_json", ""},
		{"a control character", "POST", "/v1/me/devices", "owner", `{"kind": "phone", "model": "` + canary + `\u009b2J", "name": "a"}`, nil, 400,
			"control_character", "/model"},
		{"oversized", "POST", "/v1/sign-ups", "guest", `{"email": "` + strings.Repeat(canary, 10_000) + `"}`, nil, 413, "body_too_large", ""},
		{"a form", "POST", "/v1/sign-ups", "guest", "email=" + canary, []header{{"Content-Type", "application/x-www-form-urlencoded"}}, 415,
			"unsupported_media_type", ""},
		{"another charset", "POST", "/v1/sign-ups", "guest", `{}`, []header{{"Content-Type", "application/json; charset=latin1"}}, 415, "unsupported_media_type", ""},
		{"compressed", "POST", "/v1/sign-ups", "guest", `{}`, []header{{"Content-Encoding", "gzip"}}, 415, "unsupported_media_type", ""},
		{"a method", "PATCH", "/v1/sign-ups", "guest", `{}`, nil, 405, "method_not_allowed", ""},
		{"a path", "GET", "/v1/" + canary, "guest", "", nil, 404, "no_such_route", ""},
		{"a path with a slash", "GET", "/v1/catalogue/", "guest", "", nil, 404, "no_such_route", ""},
		{"a parameter", "GET", "/v1/catalogue?" + canary + "=1", "guest", "", nil, 400, "unknown_parameter", ""},
		{"a parameter where there is none", "POST", "/v1/sign-ups?email=" + canary, "guest", `{}`, nil, 400, "unknown_parameter", ""},
		{"a parameter of a page", "GET", "/docs?" + canary, "guest", "", nil, 400, "unknown_parameter", ""},
		{"a parameter twice", "GET", "/v1/catalogue?language=de&language=" + canary, "guest", "", nil, 400, "repeated_parameter", ""},
		{"a query that cannot be read", "GET", "/v1/catalogue?language=%zz" + canary, "guest", "", nil, 400, "malformed_query", ""},
		{"a header as parameter", "GET", "/v1/me/accesses?Ledger-Min-Position=" + canary, "owner", "", nil, 400, "unknown_parameter", ""},
		{"a language", "GET", "/v1/catalogue?language=" + canary, "guest", "", nil, 422, "invalid_language", ""},
		{"an e-mail address", "POST", "/v1/sign-ups", "guest", signUp("email", `"`+canary+`@@example.com"`), nil, 422, "invalid_email", "/email"},
		{"a long e-mail address", "POST", "/v1/sign-ups", "guest", signUp("email", `"`+long+`@example.com"`), nil, 422, "invalid_email", "/email"},
		{"a region", "POST", "/v1/sign-ups", "guest", signUp("region", `"`+canary+`"`), nil, 422, "invalid_region", "/region"},
		{"a language of messages", "POST", "/v1/sign-ups", "guest", signUp("language", `"`+canary+`"`), nil, 422, "invalid_language", "/language"},
		{"a language of one's own", "PUT", "/v1/me/language", "owner", `{"language": "` + canary + `"}`, nil, 422, "invalid_language", "/language"},
		{"no language of one's own", "PUT", "/v1/me/language", "owner", `{}`, nil, 422, "required", "/language"},
		{"a month", "POST", "/v1/sign-ups", "guest", signUp("birth_month", `"`+canary+`"`), nil, 422, "invalid_birth_month", "/birth_month"},
		{"a short password", "POST", "/v1/sign-ups", "guest", signUp("password", `"`+canary[:7]+`"`), nil, 422, "password_too_short", "/password"},
		{"a password of 10,000", "POST", "/v1/sign-ups", "guest", signUp("password", `"`+long+`"`), nil, 422, "password_too_long", "/password"},
		{"no code", "POST", "/v1/verifications/" + noID + "/check", "guest", `{"handle": "` + canary + `"}`, nil, 422, "required", "/code"},
		{"no password", "POST", "/v1/sessions", "guest", `{"email": "` + canary + `@example.com"}`, nil, 422, "required", "/password"},
		{"an unknown verification", "POST", "/v1/verifications/" + canary + "/check", "guest", `{"handle": "h", "code": "` + canary + `"}`, nil, 404,
			"verification_unknown", ""},
		{"wrong credentials", "POST", "/v1/sessions", "guest", `{"email": "` + canary + `@example.com", "password": "` + canary + `"}`, nil, 401,
			"wrong_credentials", ""},
		{"an enrolment", "POST", "/v1/enrolments", "guest", `{"code": "` + canary + `", "password": "` + canary + canary + `"}`, nil, 403, "enrolment_refused", ""},
		{"a key of a guest", "POST", "/v1/sign-ups", "guest", signUpBody("x@example.com"), []header{{"Idempotency-Key", canary}}, 400, "invalid_idempotency_key", ""},
		{"a key with a space", "DELETE", "/v1/sessions", "owner", "", []header{{"Idempotency-Key", canary + " 1"}}, 400, "invalid_idempotency_key", ""},
		{"a long key", "DELETE", "/v1/sessions", "owner", "", []header{{"Idempotency-Key", strings.Repeat("k", 256)}}, 400, "invalid_idempotency_key", ""},
		{"a permission", "PUT", "/v1/me/permissions/" + canary, "owner", `{"purpose": "navigation", "state": "granted"}`, nil, 404, "permission_unknown", ""},
		{"a purpose", "PUT", "/v1/me/permissions/location", "owner", `{"purpose": "` + canary + `", "state": "withdrawn"}`, nil, 422, "invalid_purpose", "/purpose"},
		{"a state", "PUT", "/v1/me/permissions/location", "owner", `{"purpose": "navigation", "state": "` + canary + `"}`, nil, 422, "invalid_state", "/state"},
		{"a notice", "PUT", "/v1/me/permissions/location", "owner", `{"purpose": "navigation", "state": "granted", "notice": "` + canary + `"}`, nil, 422,
			"invalid_notice", "/notice"},
		{"an unknown notice", "PUT", "/v1/me/permissions/location", "owner", `{"purpose": "navigation", "state": "granted", "notice": "` + noID + `"}`, nil, 409,
			"notice_outdated", "/notice"},
		{"an ETag", "PUT", "/v1/me/permissions/location", "owner", `{"purpose": "navigation", "state": "withdrawn"}`, []header{{"If-Match", canary}}, 400,
			"invalid_if_match", ""},
		{"a stale ETag", "PUT", "/v1/me/permissions/location", "owner", `{"purpose": "navigation", "state": "withdrawn"}`,
			[]header{{"If-Match", `"` + canary + `"`}}, 412, "stale", ""},
		{"a kind of device", "POST", "/v1/me/devices", "owner", `{"kind": "` + canary + `", "model": "x", "name": "y"}`, nil, 422, "invalid_device_kind", "/kind"},
		{"a name of 10,000", "POST", "/v1/me/devices", "owner", `{"kind": "phone", "model": "x", "name": "` + long + `"}`, nil, 422, "invalid_device_name", "/name"},
		{"another person's device", "PATCH", device, "owner", `{"name": "` + canary + `"}`, nil, 404, "not_found", ""},
		{"another person's device to unlink", "DELETE", device, "owner", "", nil, 404, "not_found", ""},
		{"no device", "DELETE", "/v1/me/devices/" + noID, "owner", "", nil, 404, "not_found", ""},
		{"a device's id", "DELETE", "/v1/me/devices/" + canary, "owner", "", nil, 404, "not_found", ""},
		{"a session's id", "DELETE", "/v1/sessions/" + canary, "owner", "", nil, 404, "not_found", ""},
		{"an erasure", "GET", "/v1/erasures/" + canary, "guest", "", nil, 404, "not_found", ""},
		{"another erasure", "DELETE", "/v1/erasures/" + canary, "owner", "", nil, 404, "not_found", ""},
		{"an account", "POST", "/v1/decisions", "service", `{"account": "` + canary + `", "permission": "location", "purpose": "navigation"}`, nil, 422,
			"invalid_id", "/account"},
		{"a permission not allowed", "POST", "/v1/decisions", "service", `{"account": "` + noID + `", "permission": "` + canary + `", "purpose": "navigation"}`, nil,
			403, "outside_service_key", ""},
		{"an address to look up", "POST", "/v1/lookups", "compliance", `{"email": "` + canary + `", "purpose": "audit", "case": "A-1"}`, nil, 422,
			"invalid_email", "/email"},
		{"a purpose of a look", "POST", "/v1/lookups", "compliance", `{"email": "a@example.com", "purpose": "` + canary + `", "case": "AB-1"}`, nil, 422,
			"invalid_purpose", "/purpose"},
		{"a case", "POST", "/v1/lookups", "compliance", `{"email": "a@example.com", "purpose": "audit", "case": "` + canary + `"}`, nil, 422,
			"invalid_case", "/case"},
		{"a part", "POST", "/v1/accounts/" + noID + "/reveal", "compliance", `{"parts": ["` + canary + `"], "purpose": "audit", "case": "AB-1"}`, nil, 422,
			"invalid_part", "/parts/0"},
		{"an account to reveal", "POST", "/v1/accounts/" + canary + "/reveal", "compliance", `{"parts": ["email"], "purpose": "audit", "case": "AB-1"}`,
			nil, 404, "not_found", ""},
		{"a filter of nothing", "POST", "/v1/views/accounts/query", "compliance", `{"filter": {}}`, nil, 422, "invalid_query", "/filter"},
		{"a field in a filter", "POST", "/v1/views/accounts/query", "compliance", `{"filter": {"all": [{"field": "` + canary + `", "op": "exists"}]}}`, nil, 422,
			"invalid_query", "/filter/all/0/field"},
		{"an op", "POST", "/v1/views/accounts/query", "compliance", `{"filter": {"field": "region", "op": "` + canary + `", "value": "DE"}}`, nil, 422,
			"not_a_choice", "/filter/op"},
		{"a value", "POST", "/v1/views/accounts/query", "compliance", `{"filter": {"field": "opened", "op": "lt", "value": "` + canary + `"}}`, nil, 422,
			"invalid_query", "/filter/value"},
		{"a sealed field in a filter", "POST", "/v1/views/accounts/query", "compliance", `{"filter": {"field": "email", "op": "eq", "value": "` + canary + `"}}`, nil,
			422, "invalid_query", "/filter/field"},
		{"a sealed field in sort", "POST", "/v1/views/accounts/query", "compliance", `{"sort": [{"field": "email"}]}`, nil, 422, "invalid_query", "/sort/0/field"},
		{"a sealed field in a group", "POST", "/v1/views/accounts/query", "compliance", `{"group": {"by": ["email"]}}`, nil, 422, "invalid_query", "/group/by/0"},
		{"words where there are none", "POST", "/v1/views/accounts/query", "compliance", `{"words": "` + canary + `"}`, nil, 422, "invalid_query", "/words"},
		{"a zone", "POST", "/v1/views/accounts/query", "compliance", `{"histogram": {"field": "opened", "interval": "day", "zone": "` + canary + `"}}`, nil, 422,
			"invalid_query", "/histogram/zone"},
		{"a limit", "POST", "/v1/views/accounts/query", "compliance", `{"limit": 1001}`, nil, 422, "out_of_range", "/limit"},
		{"a limit of 0", "POST", "/v1/views/accounts/query", "compliance", `{"limit": 0}`, nil, 422, "out_of_range", "/limit"},
		{"a limit of a group of 0", "POST", "/v1/views/accounts/query", "compliance", `{"group": {"by": ["region"], "limit": 0}}`, nil, 422, "out_of_range",
			"/group/limit"},
		{"a fraction as limit", "POST", "/v1/views/accounts/query", "compliance", `{"limit": 1.0}`, nil, 422, "wrong_type", "/limit"},
		{"null as limit", "POST", "/v1/views/accounts/query", "compliance", `{"limit": null}`, nil, 422, "null_value", "/limit"},
		{"null as filter", "POST", "/v1/views/accounts/query", "compliance", `{"filter": null}`, nil, 422, "null_value", "/filter"},
		{"null as value", "POST", "/v1/views/accounts/query", "compliance", `{"filter": {"field": "region", "op": "eq", "value": null}}`, nil, 422, "null_value",
			"/filter/value"},
		{"null in a list", "POST", "/v1/views/accounts/query", "compliance", `{"group": {"by": ["region", null]}}`, nil, 422, "null_value", "/group/by/1"},
		{"null for what can be left out", "POST", "/v1/sessions", "guest", `{"email": "a@example.com", "password": "` + canary + `", "staff": null}`, nil, 422,
			"null_value", "/staff"},
		{"five fields to sort by", "POST", "/v1/views/accounts/query", "compliance",
			`{"sort": [{"field": "a"}, {"field": "b"}, {"field": "c"}, {"field": "d"}, {"field": "e"}]}`, nil, 422, "too_many", "/sort"},
		{"an interval", "POST", "/v1/views/accounts/query", "compliance", `{"histogram": {"field": "opened", "interval": "` + canary + `"}}`, nil, 422, "not_a_choice",
			"/histogram/interval"},
		{"an empty parameter", "GET", "/v1/me/accesses?limit=", "owner", "", nil, 400, "empty_parameter", ""},
		{"a key of somebody who signs in", "POST", "/v1/sessions", "owner", signInBody("x@example.com", false), []header{{"Idempotency-Key", canary}}, 400,
			"invalid_idempotency_key", ""},
		{"a client of nobody", "POST", "/v1/sessions", "guest", `{"email": "a@example.com", "password": "x", "client": ""}`, nil, 422, "invalid_client", "/client"},
		{"a cursor", "POST", "/v1/views/accounts/query", "compliance", `{"cursor": "` + canary + `"}`, nil, 400, "invalid_cursor", "/cursor"},
		{"a deep filter", "POST", "/v1/views/accounts/query", "compliance", `{"filter": ` + strings.Repeat(`{"not": `, 4000) + `{}` + strings.Repeat(`}`, 4000) + `}`,
			nil, 422, "invalid_query", "/filter" + strings.Repeat("/not", 8)},
		{"a position", "POST", "/v1/views/accounts/query", "compliance", `{}`, []header{{"Ledger-Min-Position", canary}}, 400, "invalid_position", ""},
		{"a position of my accesses", "GET", "/v1/me/accesses", "owner", "", []header{{"Ledger-Min-Position", canary}}, 400, "invalid_position", ""},
		{"a page size", "GET", "/v1/me/accesses?limit=" + canary, "owner", "", nil, 400, "invalid_limit", ""},
		{"a cursor of my accesses", "GET", "/v1/me/accesses?cursor=" + canary, "owner", "", nil, 400, "invalid_cursor", "/cursor"},
	}
}

// TestBadInput: each is refused with a problem that names the place, says what would be right, repeats no value and
// appends nothing; and nothing of it is in the log or the metrics.
func TestBadInput(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	ben := l.device(l.person("ben@example.com"), "ben's phone")
	tokens := map[string]string{"guest": "", "owner": l.person("owner@example.com").token, "service": l.service("maps"),
		"compliance": l.officer("compliance@example.org", domain.RoleCompliance)}
	before, err := l.store.Head(t.Context())
	must(t, 0, err)
	for _, b := range badRequests(ben) {
		r := l.send(b.method, b.path, tokens[b.as], b.body, append(b.headers, header{"User-Agent", canary})...)
		if r.StatusCode != b.status || r.get(t, "code") != b.code {
			t.Errorf("%s: %d %s, not %d %s", b.name, r.StatusCode, r.text, b.status, b.code)
			continue
		}
		if field, _ := r.get(t, "field").(string); field != b.field {
			t.Errorf("%s: the place is %q, not %q", b.name, field, b.field)
		}
		if r.Header.Get("Content-Type") != "application/problem+json" || r.str(t, "type") != "/problems/"+b.code || r.str(t, "title") == "" ||
			r.get(t, "status") != float64(b.status) || r.str(t, "detail") == "" {
			t.Errorf("%s: not a problem: %s", b.name, r.text)
		}
		if whole := fmt.Sprint(r.text, r.Header); strings.Contains(whole, canary) || strings.Contains(whole, "nnnn") {
			t.Errorf("%s: repeats what was sent: %s", b.name, whole)
		}
	}
	after, err := l.store.Head(t.Context())
	must(t, 0, err)
	if before.Position != after.Position {
		t.Errorf("something was appended: %v after %v", after.Position, before.Position)
	}
	if metrics := l.metrics(); strings.Contains(metrics, canary) || !strings.Contains(metrics, `route="/v1/me/devices/{id}"`) {
		t.Error("the metrics hold what was sent, or no routes")
	}
	if logs := l.logs.String(); strings.Contains(logs, canary) || !strings.Contains(logs, `"route":"/v1/me/devices/{id}"`) {
		t.Error("the log holds what was sent, or no routes")
	}
}

// TestMethodNotAllowed tells which methods there are.
func TestMethodNotAllowed(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	r := l.want(405, "PUT", "/v1/sessions", "", "")
	for _, m := range []string{"GET", "POST", "DELETE"} {
		if !strings.Contains(r.Header.Get("Allow"), m) {
			t.Errorf("Allow is %q", r.Header.Get("Allow"))
		}
	}
}
