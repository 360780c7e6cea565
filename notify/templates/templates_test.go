package templates_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode"

	"accountledger/domain"
	"accountledger/notify/templates"
)

func texts(t *testing.T, service string) *templates.Texts {
	t.Helper()
	x, err := templates.New(templates.About{Service: service})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// messages and languages are all that there are.
func messages() []domain.Message {
	return append(domain.Alerts(), domain.MessageCode, domain.MessageExists, domain.MessageErasing, domain.MessageContactCode, domain.MessageContactTaken,
		domain.MessageSignInCode, domain.MessageHeld, domain.MessageRecoveryCode, domain.MessageNoAccount, domain.MessageRemoved,
		domain.MessageDemoted, domain.MessageRestored, domain.MessageTooNew)
}

func languages() []domain.Language { return []domain.Language{"en", "de", "es", "zh-Hans"} }

var values = templates.Values{Code: "123456", For: 10*time.Minute - 30*time.Second}

func TestLanguages(t *testing.T) {
	x := texts(t, "")
	if x.Languages() != len(languages()) {
		t.Fatalf("%d languages", x.Languages())
	}
	for asked, want := range map[domain.Language]domain.Language{"en": "en", "en-GB": "en", "de": "de", "de-AT": "de", "gsw": "de", "es-MX": "es",
		"zh": "zh-Hans", "zh-CN": "zh-Hans", "fr": "en", "": "en"} {
		for _, m := range messages() {
			e, err := x.Email(m, asked, values)
			if err != nil || e.Language != want {
				t.Errorf("%s in %q: language %q, %v; want %q", m, asked, e.Language, err, want)
			}
		}
	}
	seen := map[string]domain.Language{}
	for _, l := range languages() {
		for _, m := range messages() {
			e, _ := x.Email(m, l, values)
			if other, twice := seen[e.Plain]; twice {
				t.Errorf("%s: %s reads as %s", m, l, other)
			}
			seen[e.Plain] = l
		}
	}
}

func TestCodeAndItsTime(t *testing.T) {
	x := texts(t, "Vesta")
	for code, shown := range map[string]string{"123456": "123 456", "0123ABCDXYZ78": "0123-ABCD-XYZ78"} {
		for l, left := range map[domain.Language]string{"en": "9 minutes", "de": "9 Minuten", "es": "9 minutos", "zh-Hans": "9 分钟"} {
			e, err := x.Email(domain.MessageCode, l, templates.Values{Code: code, For: values.For})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(e.Plain, "\n"+shown+"\n") || !strings.Contains(e.HTML, "letter-spacing:0.08em\">"+shown+"</p>") {
				t.Errorf("%s: the code does not stand on a line of its own:\n%s\n%s", l, e.Plain, e.HTML)
			}
			if domain.CleanCode(shown) != code {
				t.Errorf("%q as shown is read back as another code", shown)
			}
			if strings.Contains(e.Subject, shown) || strings.Contains(e.Subject, code) {
				t.Errorf("%s: the subject holds the code", l)
			}
			for _, said := range []string{"Vesta", left} {
				if !strings.Contains(strings.ReplaceAll(e.Plain, "\n", " "), said) || !strings.Contains(e.HTML, said) {
					t.Errorf("%s: %q is missing", l, said)
				}
			}
		}
	}
	for left, said := range map[time.Duration]string{time.Minute: "1 minute.", 30 * time.Second: "1 minute.", 2 * time.Minute: "2 minutes.",
		10*time.Minute - time.Second: "10 minutes."} {
		if e, _ := x.Email(domain.MessageCode, "en", templates.Values{Code: "123456", For: left}); !strings.Contains(e.Plain, "valid for "+said) {
			t.Errorf("%s are not %s", left, said)
		}
	}
}

// Whoever hears that their account is being erased hears when, in every language.
func TestTheDayOfAnErasure(t *testing.T) {
	x := texts(t, "Vesta")
	for _, l := range languages() {
		e, err := x.Email(domain.MessageErasing, l, templates.Values{Erased: time.Date(2026, 6, 14, 23, 59, 0, 0, time.FixedZone("", -3600))})
		if err != nil || !strings.Contains(e.Plain, "2026-06-15") {
			t.Errorf("%s: %v\n%s", l, err, e.Plain)
		}
	}
}

// Whoever hears that their address was removed hears when, until when they can undo it, and how, in every language.
func TestTheLinkThatUndoes(t *testing.T) {
	x := texts(t, "Vesta")
	link := "https://accounts.example.com/undo#" + strings.Repeat("aB_-", 21)
	at := time.Date(2026, 6, 14, 23, 59, 0, 0, time.FixedZone("", -3600))
	for _, l := range languages() {
		e, err := x.Email(domain.MessageRemoved, l, templates.Values{Link: link, Code: "123456", At: at, Until: at.Add(domain.UndoLifetime)})
		if err != nil {
			t.Fatal(err)
		}
		for _, said := range []string{"\n" + link + "\n", "\n123 456\n", "2026-06-15 00:59", "2026-06-22 00:59"} {
			if !strings.Contains(e.Plain, said) {
				t.Errorf("%s: %q is missing:\n%s", l, said, e.Plain)
			}
		}
		if !strings.Contains(e.HTML, "<a href=\""+link+"\">") || strings.Contains(e.Subject, "123") {
			t.Errorf("%s:\n%s", l, e.HTML)
		}
	}
}

func TestNothingIsLeftToFill(t *testing.T) {
	x := texts(t, "Vesta")
	for _, m := range messages() {
		for _, l := range languages() {
			e, err := x.Email(m, l, values)
			if err != nil {
				t.Fatal(err)
			}
			if strings.ContainsAny(e.Subject+e.Plain, "{}<") || strings.ContainsAny(e.Subject, "\r\n") {
				t.Errorf("%s %s: something is left to fill", m, l)
			}
			for line := range strings.Lines(e.Plain) {
				if len([]rune(line)) > 78 && l != "zh-Hans" { // which has no spaces to wrap at
					t.Errorf("%s %s: a line of more than 78 characters", m, l)
				}
			}
		}
	}
}

// Everything in a message comes from the texts: in a language made of the English texts in Greek letters, no Latin one is left but in
// what the operator and the ledger say.
func TestNothingIsSaidBesideTheTexts(t *testing.T) {
	english, err := fs.ReadFile(os.DirFS("."), "texts/en.yaml")
	if err != nil {
		t.Fatal(err)
	}
	x, err := templates.Load(fstest.MapFS{"texts/en.yaml": {Data: english}, "texts/el.yaml": {Data: []byte(greek(string(english)))}},
		templates.About{Service: "123", Support: "456", Imprint: "789"})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages() {
		e, err := x.Email(m, "el", values)
		if err != nil || e.Language != "el" {
			t.Fatalf("in %s: %v", e.Language, err)
		}
		if strings.ContainsFunc(e.Subject+e.Plain, func(r rune) bool { return unicode.Is(unicode.Latin, r) }) {
			t.Errorf("%s says something by itself: %s", m, e.Plain)
		}
		for _, said := range []string{"123", "456", "789"} {
			if !strings.Contains(e.Plain, said) {
				t.Errorf("%s does not say %s", m, said)
			}
		}
	}
}

// greek turns the texts of a file into Greek letters, but not its keys and variables.
func greek(file string) string {
	var out strings.Builder
	for line := range strings.Lines(file) {
		key, text, found := strings.Cut(line, ": ")
		switch {
		case strings.HasPrefix(line, "#"):
			continue
		case found && !strings.Contains(key, "{{") && !strings.HasPrefix(line, "      "):
			out.WriteString(key + ": ")
		case strings.HasPrefix(line, "      "):
			text = line
		default:
			out.WriteString(line)
			continue
		}
		inside := false
		for _, r := range text {
			switch {
			case r == '{':
				inside = true
			case r == '}':
				inside = false
			case !inside && unicode.Is(unicode.Latin, r):
				r = 'α' + unicode.ToLower(r)%24
			}
			out.WriteRune(r)
		}
	}
	return out.String()
}

func TestAbout(t *testing.T) {
	e, err := texts(t, `<b>"R&D"</b>`).Email(domain.MessageExists, "en", templates.Values{})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(e.HTML, "<b>") || !strings.Contains(e.HTML, "&lt;b&gt;") {
		t.Error("the name is not escaped in HTML")
	}
	if strings.Contains(e.Plain, "Questions") {
		t.Error("it offers help that there is not")
	}
	for _, bad := range []string{"a\r\nBcc: x@example.com", "a\x00", strings.Repeat("a", 301)} {
		for _, about := range []templates.About{{Service: bad}, {Support: bad}, {Imprint: bad}} {
			if _, err := templates.New(about); err == nil {
				t.Errorf("%q was accepted", bad)
			}
		}
	}
}

func TestNoText(t *testing.T) {
	if _, err := texts(t, "").Email("nothing", "en", templates.Values{}); !errors.Is(err, templates.ErrNoText) {
		t.Errorf("got %v", err)
	}
	if _, err := templates.Load(fstest.MapFS{"texts/en.yaml": {Data: []byte("minutes: x\n")}}, templates.About{}); !errors.Is(err, templates.ErrNoText) {
		t.Errorf("a missing text: %v", err)
	}
}
