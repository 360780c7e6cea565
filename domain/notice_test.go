package domain_test

import (
	"testing"

	"accountledger/domain"
)

func TestMissingNotices(t *testing.T) {
	c := domain.TheCatalogue()
	p, _ := c.Permission("health")
	n := &domain.Notices{}
	first := n.Missing("acme", p)
	if len(first) != 2 {
		t.Fatalf("%d notices are missing at first", len(first))
	}
	for i, l := range []domain.Language{"en", "de"} {
		e, ok := first[i].(domain.NoticePublished)
		if !ok || e.Language != l || e.Hash != domain.HashText(string(e.Text)) || string(e.Text) != p.Notice.Text[l] || e.Controller != "acme" {
			t.Errorf("notice %d is %#v", i, first[i])
		}
	}
	apply(t, n, noon, first[1])
	sameEvents(t, n.Missing("acme", p), first[0])
	apply(t, n, noon, first[0])
	sameEvents(t, n.Missing("acme", p))

	p.Notice.Version, p.Notice.Material = 2, false
	again := n.Missing("acme", p)
	apply(t, n, noon, again...)
	if len(again) != 2 || n.Material() != 1 {
		t.Errorf("%d new notices, material is %d", len(again), n.Material())
	}
	for _, l := range []domain.Language{"en", "de"} {
		if current, ok := n.Current(l); !ok || current.Version != 2 || current.Language != l {
			t.Errorf("current in %s is %d in %s", l, current.Version, current.Language)
		}
	}
	if current, ok := n.Current("fil-PH"); !ok || current.Language != "en" {
		t.Error("a language that is not there is not shown in English")
	}
	if _, ok := (&domain.Notices{}).Current("en"); ok {
		t.Error("a notice out of nothing")
	}
}

func TestANoticeInOneLanguageOnly(t *testing.T) {
	n := &domain.Notices{}
	apply(t, n, noon, domain.NoticePublished{Version: 1, Material: true, Language: "de"}, domain.NoticePublished{Version: 1, Material: true, Language: "en"},
		domain.NoticePublished{Version: 2, Language: "en"})
	if current, _ := n.Current("de"); current.Version != 2 || current.Language != "en" {
		t.Errorf("an old text is shown: %d in %s", current.Version, current.Language)
	}
}
