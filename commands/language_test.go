package commands_test

import (
	"errors"
	"testing"

	"accountledger/commands"
	"accountledger/domain"
)

const languageChanged = "language.changed.v1"

func (w *world) languageOf(c domain.Caller) domain.Language {
	w.t.Helper()
	return do(w, w.Me, c, struct{}{}).Language
}

func TestSetLanguage(t *testing.T) {
	w := newWorld(t)
	c, eve := w.person(ada), w.person("eve@example.com")
	w.appended([]string{languageChanged}, func() {
		if l := do(w, w.SetLanguage, c, commands.SetLanguage{Language: "zh_hans"}); l != "zh-Hans" {
			t.Errorf("kept as %s", l)
		}
	})
	w.appended(nil, func() {
		if l := do(w, w.SetLanguage, c, commands.SetLanguage{Language: "ZH-Hans"}); l != "zh-Hans" {
			t.Errorf("set again: %s", l)
		}
		refused(w, w.SetLanguage, c, commands.SetLanguage{Language: "Ada speaks English"}, domain.ErrLanguage)
	})
	w.restart()
	if w.languageOf(c) != "zh-Hans" || w.languageOf(eve) != "de" {
		t.Error("not the person's own, or another's too")
	}
}

// A repeat under a key changes nothing, even if the language has changed since; another language under it is refused.
func TestSetLanguageUnderAKey(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	r := keyed(c, "language")
	w.appended([]string{languageChanged}, func() {
		one(t, "language", many(w, w.SetLanguage, r, commands.SetLanguage{Language: "fr"}))
	})
	do(w, w.SetLanguage, c, commands.SetLanguage{Language: "en"})
	w.appended(nil, func() {
		if a, err := w.SetLanguage(t.Context(), r, commands.SetLanguage{Language: "fr"}); err != nil || a.Value != "fr" || a.Position.IsZero() {
			t.Errorf("a repeat: %v", err)
		}
		if _, err := w.SetLanguage(t.Context(), r, commands.SetLanguage{Language: "es"}); !errors.Is(err, domain.ErrRepeated) {
			t.Errorf("another language under the key: %v", err)
		}
	})
	if w.languageOf(c) != "en" {
		t.Error("a repeat changed it back")
	}
}

// Messages to a person are in the language they set last, not in the language of the person who causes them.
func TestMessagesFollowTheLanguage(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	do(w, w.SetLanguage, c, commands.SetLanguage{Language: "en"})
	again := signUpOf(ada)
	again.Language = "fr"
	if m := w.message(do(w, w.SignUp, domain.Guest(), again), 1); m.Kind != domain.MessageExists || m.Language != "en" {
		t.Errorf("%s is in %s", m.Kind, m.Language)
	}
}

// Notices are in the language asked for, or else in the person's own, or else in the one that the client prefers.
func TestNoticesFollowTheLanguage(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	in := func(c domain.Caller, in commands.Catalogue) domain.Language {
		return do(w, w.Catalogue, c, in)[0].Current.Language
	}
	if l := in(c, commands.Catalogue{Preferred: "en"}); l != "de" {
		t.Errorf("in %s before the change", l)
	}
	do(w, w.SetLanguage, c, commands.SetLanguage{Language: "en-GB"})
	if l := in(c, commands.Catalogue{Preferred: "de"}); l != "en" {
		t.Errorf("in %s after the change", l)
	}
	if in(c, commands.Catalogue{Language: "de"}) != "de" || in(domain.Guest(), commands.Catalogue{Preferred: "de"}) != "de" {
		t.Error("not in the language asked for or preferred")
	}
}
