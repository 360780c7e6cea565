package api_test

import (
	"strings"
	"testing"
)

// TestHistoryPages: page by page to the first entry; a cursor is good for its owner's history alone.
func TestHistoryPages(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna, ben := l.person("anna@example.com"), l.person("ben@example.com")
	whole, _ := l.want(200, "GET", "/v1/me/history?limit=200", anna.token, "").get(t, "entries").([]any)
	var types []string
	for path := "/v1/me/history?limit=2"; ; {
		page := l.want(200, "GET", path, anna.token, "")
		entries, _ := page.get(t, "entries").([]any)
		for _, e := range entries {
			one, _ := e.(map[string]any)
			types = append(types, one["type"].(string))
		}
		cursor, more := page.get(t, "cursor").(string)
		if !more {
			break
		}
		path = "/v1/me/history?limit=2&cursor=" + cursor
		for _, other := range []string{strings.Replace(path, "history", "sign-ins", 1), strings.Replace(path, "history", "accesses", 1)} {
			l.want(400, "GET", other, anna.token, "")
		}
		if r := l.want(400, "GET", path, ben.token, ""); r.str(t, "code") != "invalid_cursor" {
			t.Error(r.text)
		}
	}
	if len(types) != len(whole) || types[len(types)-1] != "sign_up.requested.v1" {
		t.Errorf("%d of %d: %v", len(types), len(whole), types)
	}
	for _, bad := range []string{"limit=0", "limit=201", "limit=x", "cursor=x"} {
		l.want(400, "GET", "/v1/me/history?"+bad, anna.token, "")
	}
}
