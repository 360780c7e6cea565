package api_test

import (
	"slices"
	"strings"
	"testing"
)

// TestOperationIDs: scripts and generated clients rely on these names, and on nothing else being there.
func TestOperationIDs(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	spec := l.want(200, "GET", "/openapi.json", "", "")
	if spec.str(t, "openapi") != "3.1.0" || spec.Header.Get("Content-Type") != "application/openapi+json" {
		t.Errorf("not OpenAPI 3.1: %s", spec.str(t, "openapi"))
	}
	var got, want []string
	paths, _ := spec.get(t, "paths").(map[string]any)
	for path, item := range paths {
		operations, _ := item.(map[string]any)
		for method := range operations {
			id := spec.str(t, "paths", path, method, "operationId")
			got = append(got, method+" "+id)
			if spec.get(t, "paths", path, method, "summary") == nil || spec.get(t, "paths", path, method, "responses", "default") == nil {
				t.Errorf("%s has no summary or no refusal", id)
			}
		}
	}
	methods := map[string]string{"GET": "get", "POST": "post", "PUT": "put", "PATCH": "patch", "DELETE": "delete"}
	for _, e := range endpoints() {
		want = append(want, methods[e.method]+" "+e.id)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("operations are\n%v, not\n%v", got, want)
	}
	schemas, _ := spec.get(t, "components", "schemas").(map[string]any)
	if schemas["Problem"] == nil || schemas["ErrorModel"] != nil {
		t.Error("refusals are not described as they are")
	}
}

// TestStepUpIsDescribed: the description says which routes ask for a fresh proof, and how fresh.
func TestStepUpIsDescribed(t *testing.T) {
	t.Parallel()
	spec := newLedger(t).want(200, "GET", "/openapi.json", "", "")
	minutes := map[string]string{"/v1/erasures": " 5 minutes", "/v1/me/contacts": " 5 minutes", "/v1/me/contacts/{id}/primary": " 5 minutes",
		"/v1/me/birth-month": " 5 minutes", "/v1/me/password": " 5 minutes", "/v1/me/factors/recovery-codes": " 5 minutes",
		"/v1/me/factors/totp": " 5 minutes", "/v1/me/factors/totp/confirm": " 5 minutes",
		"/v1/me/factors/passkeys": " 5 minutes", "/v1/me/factors/passkeys/confirm": " 5 minutes",
		"/v1/lookups": " 15 minutes", "/v1/accounts/{id}/reveal": " 15 minutes", "/v1/questions/{id}/reveal": " 15 minutes"}
	paths, _ := spec.get(t, "paths").(map[string]any)
	for path, item := range paths {
		post, _ := item.(map[string]any)["post"].(map[string]any)
		text, _ := post["description"].(string)
		asks := strings.Contains(text, "It needs a proof of who you are")
		if want := minutes[path]; asks != (want != "") || !strings.Contains(text, want) {
			t.Errorf("%s: %q", path, text)
		}
	}
}

// TestBodiesAreDescribed: the description says what a body can contain.
func TestBodiesAreDescribed(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	spec := l.want(200, "GET", "/openapi.json", "", "")
	if spec.get(t, "components", "schemas", "SignUpBody", "properties", "password", "format") != "password" {
		t.Errorf("no sign-up body: %v", spec.get(t, "components", "schemas", "SignUpBody"))
	}
	if spec.get(t, "paths", "/v1/sign-ups", "post", "requestBody", "content", "application/json", "schema", "$ref") != "#/components/schemas/SignUpBody" {
		t.Error("sign-up does not refer to its body")
	}
	if spec.get(t, "components", "schemas", "Filter", "properties", "value") == nil {
		t.Error("filters are not described")
	}
}
