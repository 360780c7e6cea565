package domain_test

import (
	"slices"
	"strings"
	"testing"

	"accountledger/domain"
)

// described are the controllers after some descriptions by an operator.
func described(t *testing.T, all ...domain.Controller) *domain.Controllers {
	t.Helper()
	c := &domain.Controllers{}
	for _, one := range all {
		events, err := c.Describe(one)
		if err != nil {
			t.Fatal(err)
		}
		apply(t, c, noon, events...)
	}
	return c
}

func entryOf(t *testing.T, key domain.Permission) domain.CataloguePermission {
	t.Helper()
	p, ok := domain.TheCatalogue().Permission(key)
	if !ok {
		t.Fatalf("no %s", key)
	}
	return p
}

// versionOf checks that events are one version of a notice in every language, and returns it.
func versionOf(t *testing.T, events []any) domain.NoticePublished {
	t.Helper()
	if len(events) != len(domain.Languages()) {
		t.Fatalf("%d texts, want one in each language", len(events))
	}
	for i, l := range domain.Languages() {
		e, ok := events[i].(domain.NoticePublished)
		first, _ := events[0].(domain.NoticePublished)
		if !ok || e.Language != l || e.Hash != domain.HashText(string(e.Text)) || e.Version != first.Version || e.Material != first.Material ||
			e.Described != first.Described {
			t.Errorf("notice %d is %#v", i, events[i])
		}
	}
	return events[0].(domain.NoticePublished)
}

func TestMissingNotices(t *testing.T) {
	c, p, n, by := domain.TheCatalogue(), entryOf(t, "health"), &domain.Notices{}, described(t, acme())
	now, _ := by.Current()
	if early := n.Missing(&domain.Controllers{}, c, p); len(early) > 0 {
		t.Error("notices of no controller")
	}
	first := n.Missing(by, c, p)
	if v := versionOf(t, first); v.Version != 1 || !v.Material || v.Wording != 1 || v.Controller != "acme" || v.Described != now.Event ||
		v.Permission != "health" {
		t.Errorf("first: %+v", v)
	}
	apply(t, n, noon, first[1], first[3])
	sameEvents(t, n.Missing(by, c, p), first[0], first[2])
	apply(t, n, noon, first[0], first[2])
	sameEvents(t, n.Missing(by, c, p))

	p.Notice.Version = 2
	again := n.Missing(by, c, p)
	apply(t, n, noon, again...)
	if v := versionOf(t, again); v.Version != 2 || v.Material || v.Wording != 2 || n.Material() != 1 {
		t.Errorf("not material: %+v", v)
	}
	older := entryOf(t, "health")
	sameEvents(t, n.Missing(by, c, older)) // an older program
	p.Notice.Version, p.Notice.Material = 4, 3
	if v := versionOf(t, n.Missing(by, c, p)); v.Version != 3 || !v.Material { // a material wording in between was never published
		t.Errorf("material: %+v", v)
	}
	for _, l := range domain.Languages() {
		if current, ok := n.Current(l); !ok || current.Version != 2 || current.Language != l {
			t.Errorf("current in %s is %d in %s", l, current.Version, current.Language)
		}
	}
	for asked, want := range map[domain.Language]domain.Language{"fil-PH": "en", "zh-CN": "zh-Hans", "de-CH": "de", "es-419": "es"} {
		if current, ok := n.Current(asked); !ok || current.Language != want {
			t.Errorf("%s is shown in %s", asked, current.Language)
		}
	}
	if _, ok := (&domain.Notices{}).Current("en"); ok {
		t.Error("a notice out of nothing")
	}
}

// Every description of the controller makes a new version; it is material if one of the changes since the last notice was.
func TestNoticesFollowTheController(t *testing.T) {
	c, p := domain.TheCatalogue(), entryOf(t, "location")
	contact, company := changed(otherContact), changed(otherCompany)
	for name, step := range map[string]struct {
		to       []domain.Controller
		material bool
	}{
		"a contact":                      {[]domain.Controller{contact}, false},
		"another company":                {[]domain.Controller{company}, true},
		"there and back, none published": {[]domain.Controller{company, acme()}, true},
		"company, then contact":          {[]domain.Controller{company, changed(func(c *domain.Controller) { otherCompany(c); otherContact(c) })}, true},
		"contact there and back":         {[]domain.Controller{contact, acme()}, false},
	} {
		n, by := &domain.Notices{}, described(t, acme())
		apply(t, n, noon, n.Missing(by, c, p)...)
		behind := by.Fork()
		for _, one := range step.to {
			events, err := by.Describe(one)
			if err != nil {
				t.Fatal(err)
			}
			apply(t, by, noon, events...)
		}
		next := n.Missing(by, c, p)
		last := step.to[len(step.to)-1]
		if v := versionOf(t, next); v.Version != 2 || v.Material != step.material || v.Controller != last.ID ||
			!strings.Contains(string(v.Text), string(last.Contact)) {
			t.Errorf("%s: %+v", name, v)
		}
		apply(t, n, noon, next...)
		sameEvents(t, n.Missing(by, c, p))
		sameEvents(t, n.Missing(behind, c, p)) // who has not read the last description undoes nothing
		if old := n.All[0]; !strings.Contains(string(old.Text), "privacy@acme.test") {
			t.Errorf("%s: the old text changed", name)
		}
	}
}

// Every notice says in every language what the law asks for, of what the controller is and the catalogue has.
func TestNoticesSayEverything(t *testing.T) {
	c, by := domain.TheCatalogue(), acme()
	by.DPO, by.Authority = "officer@acme.test", "Data Protection Commission"
	countries := map[domain.Language][]string{"en": {"Ireland", "Germany"}, "de": {"Irland", "Deutschland"}, "es": {"Irlanda", "Alemania"},
		"zh-Hans": {"爱尔兰", "德国"}}
	withdraw := map[domain.Language]string{"en": "withdraw", "de": "widerrufen", "es": "retirar", "zh-Hans": "撤回"}
	for _, p := range c.Permissions {
		for _, l := range domain.Languages() {
			text := c.NoticeText(p, by, l)
			want := append([]string{p.Title[l], p.Description[l], withdraw[l], string(by.Name), string(by.Address), string(by.Contact), string(by.DPO),
				string(by.Authority)}, countries[l]...)
			for _, d := range p.Data {
				want = append(want, c.Category(d)[l])
			}
			for _, u := range p.Purposes {
				want = append(want, u.Description[l], c.Kept(u.Retention)[l], c.UsedBy(u.Recipients)[l])
			}
			for _, w := range want {
				if w == "" || !strings.Contains(string(text), w) {
					t.Errorf("%s in %s does not say %q", p.Key, l, w)
				}
			}
			if text.Validate() != nil || strings.ContainsAny(string(text), "{}") || strings.Contains(string(text), "<no") {
				t.Errorf("%s in %s cannot be published:\n%s", p.Key, l, text)
			}
		}
	}
	by.DPO, by.Authority, by.Name = "", "", "{contact}"
	text := string(c.NoticeText(entryOf(t, "camera"), by, "en"))
	if strings.Contains(text, "officer") || strings.Contains(text, "Supervisory authority:") || !strings.Contains(text, "{contact}, 1 Main") {
		t.Error(text)
	}
}

// However long the controller's texts are, the longest notice can be published.
func TestTheLongestNoticeFits(t *testing.T) {
	long := domain.PublishedLine(strings.Repeat("𝄞", 200))
	by := domain.Controller{ID: "acme", Name: long, Address: long, Contact: long, DPO: long, Authority: long, Jurisdiction: "BA", Places: []domain.Region{"BA"}}
	for _, p := range domain.TheCatalogue().Permissions {
		for _, l := range domain.Languages() {
			if text := domain.TheCatalogue().NoticeText(p, by, l); text.Validate() != nil {
				t.Errorf("%s in %s has %d bytes", p.Key, l, len(text))
			}
		}
	}
}

func TestANoticeInOneLanguageOnly(t *testing.T) {
	n := &domain.Notices{}
	apply(t, n, noon, domain.NoticePublished{Version: 1, Material: true, Language: "de"}, domain.NoticePublished{Version: 1, Material: true, Language: "en"},
		domain.NoticePublished{Version: 2, Language: "en"})
	if current, _ := n.Current("de"); current.Version != 2 || current.Language != "en" {
		t.Errorf("an old text is shown: %d in %s", current.Version, current.Language)
	}
	if old, ok := n.In(1, "de-AT"); !ok || old.Language != "de" {
		t.Error("the old text cannot be read")
	}
	if _, ok := n.In(3, "en"); ok {
		t.Error("a version that is not there")
	}
}

// The words of notices change only with their version: a text that people agreed to and the one they are shown would differ otherwise.
// Who changes one raises the version in catalogue.json, and the material one if people agree to something else, and then the hash here.
func TestWordingsHaveVersions(t *testing.T) {
	var all []string
	for _, p := range domain.TheCatalogue().Permissions {
		for _, l := range domain.Languages() {
			all = append(all, string(domain.TheCatalogue().NoticeText(p, acme(), l)))
		}
		if p.Notice.Version != 1 {
			t.Errorf("%s: keep the hash of each permission's texts apart, now that they have versions of their own", p.Key)
		}
	}
	const version1 = "e73fb93a6ade8d503fa0444b8d0c596f07a21ea0653466f63924974e45c2e7c7"
	if got := domain.HashText(strings.Join(all, "\n\n")); got != version1 {
		t.Errorf("the words of notices changed: %s", got)
	}
	if !slices.Contains(domain.Languages(), "en") {
		t.Error("the fallback is missing")
	}
}
