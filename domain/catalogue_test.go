package domain_test

import (
	"strings"
	"testing"

	"accountledger/domain"
)

func TestCatalogueIsComplete(t *testing.T) {
	c := domain.TheCatalogue()
	if c.Version < 1 {
		t.Errorf("version %d", c.Version)
	}
	for _, key := range []domain.Permission{"location", "contacts", "device_analytics", "personalised_ads", "voice_recordings", "health", "camera",
		"cloud_backup", "find_my_device", "purchase_history", "device_usage"} {
		if _, ok := c.Permission(key); !ok {
			t.Errorf("%s is missing", key)
		}
	}
	seen := map[domain.Permission]bool{}
	for _, p := range c.Permissions {
		if p.Key.Validate() != nil || seen[p.Key] || len(p.Purposes) == 0 {
			t.Errorf("%q: no key, there twice, or without purposes", p.Key)
		}
		seen[p.Key] = true
		texts(t, string(p.Key), p.Title, p.Description, p.Notice.Text)
		if p.Notice.Version < 1 {
			t.Errorf("%s has a notice of version %d", p.Key, p.Notice.Version)
		}
		for _, text := range p.Notice.Text {
			if domain.PublishedText(text).Validate() != nil {
				t.Errorf("%s has a notice that cannot be published", p.Key)
			}
		}
		uses := map[domain.Purpose]bool{}
		for _, u := range p.Purposes {
			if u.Key.Validate() != nil || uses[u.Key] || u.LegalBasis.Validate() != nil {
				t.Errorf("%s/%q: no key, there twice, or without a basis", p.Key, u.Key)
			}
			uses[u.Key] = true
			texts(t, string(p.Key+"/"+domain.Permission(u.Key)), u.Description)
			for l, d := range u.Description {
				if !strings.Contains(p.Notice.Text[l], d) {
					t.Errorf("%s: the notice in %s does not name %s", p.Key, l, u.Key)
				}
			}
		}
	}
}

func texts(t *testing.T, place string, all ...domain.Texts) {
	t.Helper()
	for i, one := range all {
		if len(one) != 2 || strings.TrimSpace(one["en"]) == "" || strings.TrimSpace(one["de"]) == "" {
			t.Errorf("%s: text %d is not in English and German: %v", place, i, one)
		}
	}
}

func TestTextsInALanguage(t *testing.T) {
	texts := domain.Texts{"en": "yes", "de": "ja", "fi": "kyllä", "de-AT": "jo"}
	for want, text := range map[domain.Language]string{"en": "yes", "de": "ja", "de-AT": "jo", "fi": "kyllä"} {
		if got, l := texts.In(want); got != text || l != want {
			t.Errorf("%s: %q in %s", want, got, l)
		}
	}
	for asked, want := range map[domain.Language]domain.Language{"de-CH": "de", "fr": "en", "fil": "en", "fil-PH": "en", "": "en", "den": "en"} {
		if _, l := texts.In(asked); l != want {
			t.Errorf("asked for %q: %q, want %q", asked, l, want)
		}
	}
	if got, l := (domain.Texts{}).In("en"); got != "" || l != "" {
		t.Error("a text out of nothing")
	}
}
