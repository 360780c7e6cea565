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
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	for _, r := range []domain.Recipients{domain.RecipientsController, domain.RecipientsServices} {
		if c.UsedBy(r) == nil {
			t.Errorf("no words for %s", r)
		}
	}
}

// What is wrong with a catalogue is named, so that the program does not start with it.
func TestACatalogueThatIsWrong(t *testing.T) {
	for want, by := range map[string]func(c *domain.Catalogue, p *domain.CataloguePermission, u *domain.CataloguePurpose){
		"version": func(c *domain.Catalogue, _ *domain.CataloguePermission, _ *domain.CataloguePurpose) { c.Version = 0 },
		"permissions/a is there twice": func(c *domain.Catalogue, p *domain.CataloguePermission, _ *domain.CataloguePurpose) {
			c.Permissions = append(c.Permissions, *p)
		},
		"permissions/A B": func(_ *domain.Catalogue, p *domain.CataloguePermission, _ *domain.CataloguePurpose) { p.Key = "A B" },
		"title has no text in zh-Hans": func(_ *domain.Catalogue, p *domain.CataloguePermission, _ *domain.CataloguePurpose) {
			delete(p.Title, "zh-Hans")
		},
		"description has a text in fr": func(_ *domain.Catalogue, p *domain.CataloguePermission, _ *domain.CataloguePurpose) {
			p.Description["fr"] = "oui"
		},
		"data has a term": func(_ *domain.Catalogue, p *domain.CataloguePermission, _ *domain.CataloguePurpose) {
			p.Data = []domain.Term{"pd:Health"}
		},
		"needs data": func(_ *domain.Catalogue, p *domain.CataloguePermission, _ *domain.CataloguePurpose) { p.Data = nil },
		"notice needs a version": func(_ *domain.Catalogue, p *domain.CataloguePermission, _ *domain.CataloguePurpose) {
			p.Notice.Material = 2
		},
		"permissions/a/use/legal_basis": func(_ *domain.Catalogue, _ *domain.CataloguePermission, u *domain.CataloguePurpose) {
			u.LegalBasis = "whim"
		},
		"permissions/a/use/dpv": func(_ *domain.Catalogue, _ *domain.CataloguePermission, u *domain.CataloguePurpose) {
			u.Term = "pd:Location"
		},
		"permissions/a/use/retention": func(_ *domain.Catalogue, _ *domain.CataloguePermission, u *domain.CataloguePurpose) {
			u.Retention = "for ever"
		},
		"permissions/a/use/recipients": func(_ *domain.Catalogue, _ *domain.CataloguePermission, u *domain.CataloguePurpose) {
			u.Recipients = "everybody"
		},
	} {
		words := func() domain.Texts { return domain.Texts{"en": "a", "de": "b", "es": "c", "zh-Hans": "d"} }
		u := domain.CataloguePurpose{Key: "use", LegalBasis: "consent", Term: "dpv:CustomerCare", Retention: "none", Recipients: "controller", Description: words()}
		p := domain.CataloguePermission{Key: "a", Title: words(), Description: words(), Data: []domain.Term{"pd:Location"},
			Notice: domain.CatalogueNotice{Version: 1, Material: 1}}
		c := domain.Catalogue{Version: 1, Categories: []domain.CatalogueTerm[domain.Term]{{Key: "pd:Location", Text: words()}},
			Retention:  []domain.CatalogueTerm[domain.Retention]{{Key: "none", Text: words()}},
			Recipients: []domain.CatalogueTerm[domain.Recipients]{{Key: "controller", Text: words()}}}
		whole := func() domain.Catalogue {
			if want != "needs data" {
				p.Purposes = []domain.CataloguePurpose{u}
			}
			c.Permissions = append([]domain.CataloguePermission{p}, c.Permissions...)
			return c
		}
		if want == "version" {
			if err := whole().Validate(); err != nil {
				t.Fatal(err)
			}
			c.Permissions = nil
		}
		by(&c, &p, &u)
		if err := whole().Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
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
