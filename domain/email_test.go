package domain_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"accountledger/domain"
)

func TestParseEmail(t *testing.T) {
	for name, c := range map[string]struct{ in, typed, normalised string }{
		"plain":              {"ada@example.com", "ada@example.com", "ada@example.com"},
		"space around":       {" \tada@example.com\n", "ada@example.com", "ada@example.com"},
		"case of the local":  {"Ada.Lovelace@example.com", "Ada.Lovelace@example.com", "ada.lovelace@example.com"},
		"case of the host":   {"ada@EXAMPLE.Com", "ada@example.com", "ada@example.com"},
		"tag is kept":        {"ada+ledger@example.com", "ada+ledger@example.com", "ada+ledger@example.com"},
		"odd but allowed":    {"!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com"},
		"international host": {"ada@Bücher.example", "ada@bücher.example", "ada@xn--bcher-kva.example"},
		"ascii form":         {"ada@xn--bcher-kva.example", "ada@bücher.example", "ada@xn--bcher-kva.example"},
		"sharp s of a host":  {"ada@faß.example", "ada@faß.example", "ada@xn--fa-hia.example"},
		"ideographic stop":   {"ada@example。com", "ada@example.com", "ada@example.com"},
		"international":      {"JÖRG@example.com", "JÖRG@example.com", "jörg@example.com"},
		"decomposed":         {"jo\u0308rg@example.com", "jörg@example.com", "jörg@example.com"},
		"root of the host":   {"ada@example.com.", "ada@example.com", "ada@example.com"},
		"longest local":      {strings.Repeat("a", 64) + "@example.com", strings.Repeat("a", 64) + "@example.com", strings.Repeat("a", 64) + "@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := domain.ParseEmail(c.in)
			if err != nil || got.Kind != domain.IdentifierEmail || got.Typed != c.typed || got.Normalised != c.normalised {
				t.Errorf("got %q and %q, %v; want %q and %q", got.Typed, got.Normalised, err, c.typed, c.normalised)
			}
		})
	}
}

func TestWhatIsNoEmail(t *testing.T) {
	label := strings.Repeat("a", 63)
	for name, in := range map[string]string{
		"empty": "", "no at": "ada", "no local": "@example.com", "no host": "ada@", "no dot": "ada@localhost", "two ats": "a@b@example.com",
		"dot first": ".ada@example.com", "dot last": "ada.@example.com", "two dots": "a..b@example.com", "quoted": `"ada b"@example.com`,
		"literal": "ada@[192.0.2.1]", "digits": "ada@192.0.2.1", "space inside": "a da@example.com", "space in host": "ada@exa mple.com",
		"NUL": "ada\x00@example.com", "NUL in host": "ada@exam\x00ple.com", "new line": "ada\n@example.com", "header": "ada@example.com\r\nBcc: x@example.com",
		"comment": "ada(x)@example.com", "name": "Ada <ada@example.com>", "not UTF-8": "ad\xff@example.com", "hyphen first": "ada@-example.com",
		"hyphen last": "ada@example-.com", "empty label": "ada@example..com", "underscore": "ada@exa_mple.com",
		"long local": strings.Repeat("a", 65) + "@example.com",
		"long host":  "ada@" + label + "." + label + "." + label + "." + label + ".com", "long label": "ada@" + label + "a.com",
		"ten thousand": strings.Repeat("a", 10_000) + "@example.com", "direction": "ada\u202e@example.com", "unseen": "a\u200bda@example.com",
		"emoji": "😀@example.com", "short last label": "ada@example.c", "broken punycode": "ada@xn--a.example",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := domain.ParseEmail(in)
			if !errors.Is(err, domain.ErrEmail) || got != (domain.Contact{}) {
				t.Errorf("accepted, or another error: %v", err)
			}
			if err != nil && len(in) > 12 && strings.Contains(err.Error(), in) {
				t.Error("the error repeats what was given")
			}
		})
	}
}

// Letters that merely look like others, or fold to them, make another mailbox.
func TestMailboxesThatAreNotOne(t *testing.T) {
	for _, pair := range [][2]string{{"ſam@example.com", "sam@example.com"}, {"groß@example.com", "gross@example.com"}, {"ﬀ@example.com", "ff@example.com"},
		{"ıvan@example.com", "ivan@example.com"}} {
		a, err := domain.ParseEmail(pair[0])
		if err != nil {
			t.Fatal(err)
		}
		b, err := domain.ParseEmail(pair[1])
		if err != nil || a.Normalised == b.Normalised {
			t.Errorf("%q and %q are one: %v", pair[0], pair[1], err)
		}
	}
}

func TestEmailProperties(t *testing.T) {
	local := rapid.StringMatching(`[a-zA-Z0-9_+öäüÖÄÜéÉßςΣ]{1,16}`)
	host := rapid.StringMatching(`[a-zA-Z0-9]{1,12}\.(com|example|DE|Org)`)
	rapid.Check(t, func(t *rapid.T) {
		in := local.Draw(t, "local") + "@" + host.Draw(t, "host")
		one, err := domain.ParseEmail(in)
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		again, err := domain.ParseEmail(one.Typed)
		if err != nil || again != one {
			t.Fatal("an address read back is another one")
		}
		for _, other := range []string{strings.ToUpper(in), strings.ToLower(in), norm.NFD.String(in), " " + in} {
			same, err := domain.ParseEmail(other)
			if err != nil || same.Normalised != one.Normalised {
				t.Fatalf("%q and %q are two addresses", other, in)
			}
		}
	})
	rapid.Check(t, func(t *rapid.T) { // whatever comes, it ends in an address or the one error
		c, err := domain.ParseEmail(rapid.String().Draw(t, "anything"))
		if err != nil && !errors.Is(err, domain.ErrEmail) {
			t.Fatal(err)
		}
		if err == nil && (strings.ContainsAny(c.Typed, "\r\n\x00 <>") || len(c.Typed) > 254) {
			t.Fatal("an address that breaks a header")
		}
	})
}

func TestText(t *testing.T) {
	hundred := strings.Repeat("ä", 100)
	for in, want := range map[string]string{
		"Phone": "Phone", "  My  watch ": "My  watch", "Ka\u0308se": "Käse", hundred: hundred,
		"\U0001f468\u200d\U0001f469 tablet": "\U0001f468\u200d\U0001f469 tablet", "🏴󠁧󠁢󠁥󠁮󠁧󠁿": "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "می\u200cخواهم": "می\u200cخواهم",
	} {
		if got, ok := domain.Text(in); !ok || got != want {
			t.Errorf("%q became %q, %v", in, got, ok)
		}
	}
	for name, in := range map[string]string{
		"empty": "", "space": " \t ", "NUL": "a\x00b", "new line": "a\nb", "escape": "a\x1bb", "too long": hundred + "ä", "ten thousand": strings.Repeat("a", 10_000),
		"not UTF-8": "a\xff", "line separator": "a\u2028b", "direction": "a\u202eb", "isolate": "a\u2066b", "zero width": "a\u200bb", "byte order": "\ufeffa",
		"delete": "a\x7f", "C1": "a\u0085b",
	} {
		if got, ok := domain.Text(in); ok || got != "" {
			t.Errorf("%s was accepted", name)
		}
	}
}
