package templates_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"accountledger/domain"
	"accountledger/notify/templates"
)

func texts(t *testing.T, service string) *templates.Texts {
	t.Helper()
	x, err := templates.New(service)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

var until = time.Date(2026, 3, 1, 14, 5, 0, 0, time.FixedZone("", 3600))

func TestLanguages(t *testing.T) {
	x := texts(t, "")
	if x.Languages() != 2 {
		t.Fatalf("%d languages", x.Languages())
	}
	for asked, want := range map[domain.Language]domain.Language{"en": "en", "en-GB": "en", "de": "de", "de-AT": "de", "fr": "en", "": "en"} {
		for _, m := range []domain.Message{domain.MessageCode, domain.MessageExists} {
			e, err := x.Email(m, asked, templates.Values{Code: "123456", Until: until})
			if err != nil || e.Language != want {
				t.Errorf("%s in %q: language %q, %v; want %q", m, asked, e.Language, err, want)
			}
		}
	}
	de, _ := x.Email(domain.MessageCode, "de", templates.Values{Code: "123456", Until: until})
	en, _ := x.Email(domain.MessageCode, "en", templates.Values{Code: "123456", Until: until})
	if de.Subject == en.Subject || de.Plain == en.Plain {
		t.Error("German reads as English")
	}
}

func TestCodeAndItsTime(t *testing.T) {
	x := texts(t, "Vesta")
	for code, shown := range map[string]string{"123456": "123 456", "0123ABCDXYZ78": "0123-ABCD-XYZ78"} {
		for _, l := range []domain.Language{"en", "de"} {
			e, err := x.Email(domain.MessageCode, l, templates.Values{Code: code, Until: until})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(e.Plain, "\n"+shown+"\n") || !strings.Contains(e.HTML, ">"+shown+"</p>") {
				t.Errorf("%s: the code does not stand on a line of its own:\n%s\n%s", l, e.Plain, e.HTML)
			}
			if domain.CleanCode(shown) != code {
				t.Errorf("%q as shown is read back as another code", shown)
			}
			if strings.Contains(e.Subject, shown) || strings.Contains(e.Subject, code) {
				t.Errorf("%s: the subject holds the code", l)
			}
			for _, said := range []string{"Vesta", "13:05"} {
				if !strings.Contains(e.Plain, said) || !strings.Contains(e.HTML, said) {
					t.Errorf("%s: %q is missing", l, said)
				}
			}
		}
	}
}

func TestNothingIsLeftToFill(t *testing.T) {
	x := texts(t, "Vesta")
	for _, m := range []domain.Message{domain.MessageCode, domain.MessageExists} {
		for _, l := range []domain.Language{"en", "de"} {
			e, err := x.Email(m, l, templates.Values{Code: "123456", Until: until})
			if err != nil {
				t.Fatal(err)
			}
			if strings.ContainsAny(e.Subject+e.Plain, "{}") || strings.ContainsAny(e.Subject, "\r\n") {
				t.Errorf("%s %s: something is left to fill", m, l)
			}
			for line := range strings.Lines(e.Plain) {
				if len([]rune(line)) > 78 {
					t.Errorf("%s %s: a line of more than 78 characters", m, l)
				}
			}
		}
	}
}

func TestServiceName(t *testing.T) {
	e, err := texts(t, `<b>"R&D"</b>`).Email(domain.MessageExists, "en", templates.Values{})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(e.HTML, "<b>") || !strings.Contains(e.HTML, "&lt;b&gt;") {
		t.Error("the name is not escaped in HTML")
	}
	for _, bad := range []string{"a\r\nBcc: x@example.com", "a\x00", strings.Repeat("a", 61)} {
		if _, err := templates.New(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestNoText(t *testing.T) {
	if _, err := texts(t, "").Email("nothing", "en", templates.Values{}); !errors.Is(err, templates.ErrNoText) {
		t.Errorf("got %v", err)
	}
}
