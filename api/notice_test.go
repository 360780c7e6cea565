package api_test

import (
	"strings"
	"testing"

	"accountledger/commands"
	"accountledger/domain"
)

// describe puts another description of the controller in force, as an operator does.
func (l *ledger) describe(by func(*domain.Controller)) {
	l.t.Helper()
	c := commands.ExampleController()
	by(&c)
	r := commands.Request{Caller: domain.Operator(1000), Channel: domain.ChannelConsole, Operation: "describeController"}
	_, err := l.menu.DescribeController(l.t.Context(), r, c)
	must(l.t, 0, err)
}

// TestNotices: everybody reads every notice by its id, always the same, and can keep it.
func TestNotices(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna := l.person("anna@example.com")
	id := l.notice("location")
	l.grant(anna)
	before := l.want(200, "GET", "/v1/notices/"+id, "", "")
	if before.str(t, "controller", "name") != "Example Company" || before.str(t, "controller", "jurisdiction") != "DE" || before.get(t, "version") != 1.0 ||
		before.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || before.Header.Get("Content-Language") != "en" ||
		domain.HashText(before.str(t, "text")) != domain.Hash(before.str(t, "hash")) {
		t.Errorf("%v %s", before.Header, before.text)
	}
	l.describe(func(c *domain.Controller) { c.ID, c.Name, c.DPO = "globex", "Globex Ltd", "dpo@globex.test" })
	l.deps.Config.Controller.ID = "globex" // a start with the old configuration is refused
	l.deps.Config.Controller.Name, l.deps.Config.Controller.DPO = "Globex Ltd", "dpo@globex.test"
	l.begin()
	cast := l.cast()
	for who, token := range cast {
		again := l.want(200, "GET", "/v1/notices/"+id, token, "", header{"Accept-Language", "de"})
		if again.text != before.text || again.Header.Get("Cache-Control") != before.Header.Get("Cache-Control") {
			t.Errorf("as %s it reads %s", who, again.text)
		}
		if strings.Contains(again.text, anna.email) || strings.Contains(again.text, anna.account) {
			t.Errorf("as %s it says who decided: %s", who, again.text)
		}
	}
	r := l.want(409, "PUT", "/v1/me/permissions/location", anna.token, `{"purpose": "navigation", "state": "granted", "notice": "`+id+`"}`)
	if r.str(t, "code") != "notice_outdated" || r.str(t, "field") != "/notice" {
		t.Error(r.text)
	}
	now := l.want(200, "GET", "/v1/notices/"+l.notice("location"), "", "")
	if now.str(t, "controller", "name") != "Globex Ltd" || now.str(t, "controller", "dpo") != "dpo@globex.test" || now.get(t, "version") != 2.0 ||
		now.get(t, "material") != true || strings.Contains(now.text, "Example Company") {
		t.Error(now.text)
	}
}

// TestANoticeInALanguage: the same version is shown in the closest language there is, and then cached for an hour only.
func TestANoticeInALanguage(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	id := l.notice("health")
	for query, want := range map[string]string{"zh_hans": "zh-Hans", "zh-CN": "zh-Hans", "ES-mx": "es", "de-CH": "de", "fr": "en"} {
		r := l.want(200, "GET", "/v1/notices/"+id+"?language="+query, "", "")
		if r.str(t, "language") != want || r.Header.Get("Content-Language") != want || r.get(t, "version") != 1.0 || r.str(t, "permission") != "health" ||
			strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %s", query, r.text)
		}
	}
	if r := l.want(422, "GET", "/v1/notices/"+id+"?language=!!", "", ""); r.str(t, "code") != "invalid_language" {
		t.Error(r.text)
	}
	for _, unknown := range []string{noID, "x", "00000000-0000-0000-0000-000000000000"} {
		if r := l.want(404, "GET", "/v1/notices/"+unknown, "", ""); r.str(t, "code") != "not_found" || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%v %s", r.Header, r.text)
		}
	}
}

// TestAllVersions: guests see them in the language that their client prefers, people in their own.
func TestAllVersions(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna := l.person("anna@example.com") // her language is English
	l.describe(func(c *domain.Controller) { c.Contact = "data@example.com" })
	l.describe(func(c *domain.Controller) { c.Places = append(c.Places, "US") })
	for accept, want := range map[string]string{"": "en", "zh-CN,zh;q=0.9,en;q=0.8": "zh-Hans", "es-AR": "es", "ja, de;q=0.1": "de"} {
		r := l.want(200, "GET", "/v1/notices?permission=camera", "", "", header{"Accept-Language", accept})
		if r.str(t, "notices", 0, "language") != want || len(r.get(t, "notices").([]any)) != 3 || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%q: %s", accept, r.text)
		}
		if r := l.want(200, "GET", "/v1/notices?permission=camera", anna.token, "", header{"Accept-Language", accept}); r.str(t, "notices", 0, "language") != "en" {
			t.Errorf("hers: %s", r.text)
		}
	}
	r := l.want(200, "GET", "/v1/notices?permission=camera", "", "")
	for i, want := range []struct {
		version         float64
		material, force bool
		counts          bool
	}{{3, true, true, true}, {2, false, false, false}, {1, true, false, false}} {
		if r.get(t, "notices", i, "version") != want.version || r.get(t, "notices", i, "material") != want.material ||
			r.get(t, "notices", i, "in_force") != want.force || r.get(t, "notices", i, "counts") != want.counts {
			t.Errorf("%d: %s", i, r.text)
		}
	}
	if all := l.want(200, "GET", "/v1/notices", "", ""); len(all.get(t, "notices").([]any)) != 3*len(domain.TheCatalogue().Permissions) {
		t.Error(all.text)
	}
	if r := l.want(404, "GET", "/v1/notices?permission=teleport", "", ""); r.str(t, "code") != "permission_unknown" {
		t.Error(r.text)
	}
}

// TestTheCatalogueSaysWhatIsDoneWithData in words and in terms that machines read.
func TestTheCatalogueSaysWhatIsDoneWithData(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for language, title := range map[string]string{"en": "location", "de": "Standort", "es-MX": "ubicación", "zh-CN": "位置"} {
		r := l.want(200, "GET", "/v1/catalogue?language="+language, "", "")
		if r.str(t, "permissions", 0, "data", 0, "category") != "pd:Location" || r.str(t, "permissions", 0, "data", 0, "title") != title ||
			r.str(t, "permissions", 0, "purposes", 0, "dpv") != "dpv:RequestedServiceProvision" ||
			r.str(t, "permissions", 0, "purposes", 0, "retention") != "until_withdrawal" || r.str(t, "permissions", 0, "purposes", 0, "recipients") != "services" ||
			r.str(t, "permissions", 0, "notice", "controller_name") != "Example Company" {
			t.Errorf("%s: %.600s", language, r.text)
		}
	}
}
