package api_test

import (
	"fmt"
	"testing"
)

// TestETags: the list's tag changes with each decision, a stale one is refused, the same one is not read again.
func TestETags(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna := l.person("anna@example.com")
	list := func(status int, tag string) string {
		t.Helper()
		return l.want(status, "GET", "/v1/me/permissions", anna.token, "", header{"If-None-Match", tag}).Header.Get("ETag")
	}
	set := func(status int, state, tag string) string {
		t.Helper()
		body := fmt.Sprintf(`{"purpose": "navigation", "state": %q, "notice": %q}`, state, l.notice("location"))
		return l.want(status, "PUT", "/v1/me/permissions/location", anna.token, body, header{"If-Match", tag}).Header.Get("ETag")
	}
	first := list(200, "")
	if list(304, first) != first || list(304, `"x", W/`+first) != first || list(304, "*") != first {
		t.Error("the tag changed by itself")
	}
	second := set(200, "granted", first)
	if second == first || list(200, first) != second {
		t.Errorf("the decision's tag is not the list's: %s %s", first, second)
	}
	set(412, "withdrawn", first)
	set(412, "withdrawn", "W/"+second)
	set(412, "withdrawn", `""`)
	set(400, "withdrawn", second+", "+first)
	l.device(anna, "phone") // not a decision: the tag stays
	third := set(200, "granted", second)
	if list(200, second) != third {
		t.Error("a confirmation's tag is not the list's")
	}
	set(200, "withdrawn", "*")
	set(200, "withdrawn", "")
}
