package passwords_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"accountledger/passwords"
)

func checker(t testing.TB, p passwords.Policy) *passwords.Checker {
	t.Helper()
	c, err := passwords.NewChecker(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func reason(t testing.TB, err error) passwords.Reason {
	t.Helper()
	var rejected *passwords.RejectedError
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &rejected):
		t.Fatal(err)
	case rejected.Message() == "" || !strings.HasSuffix(rejected.Message(), "."):
		t.Errorf("no message for %s", rejected.Reason)
	}
	return rejected.Reason
}

func TestForm(t *testing.T) {
	c := checker(t, passwords.Policy{})
	for _, test := range []struct {
		name, password string
		want           passwords.Reason
	}{
		{"empty", "", passwords.TooShort},
		{"seven characters", "vT9#qLm", passwords.TooShort},
		{"eight characters", "vT9#qLmz", ""},
		{"eight bytes of four characters", "ßøéä", passwords.TooShort},
		{"eight that become seven", "vT9#qLe\u0301", passwords.TooShort},
		{"128 characters", strings.Repeat("kqzwv7fé", 16), ""},
		{"129 characters", strings.Repeat("kqzwv7fé", 16) + "x", passwords.TooLong},
		{"a million characters", strings.Repeat("kqzwv7fx", 1<<17), passwords.TooLong},
		{"382 that become 128", strings.Repeat("e\u0302\u0301", 127) + "z", ""},
		{"NUL", "vT9#qLmz\x00", passwords.Invalid},
		{"line end", "vT9#qLmz\nvT9#", passwords.Invalid},
		{"tab", "vT9#\tqLmz", passwords.Invalid},
		{"escape", "vT9#qLmz\x1b[2J", passwords.Invalid},
		{"invalid UTF-8", "vT9#qLmz\xff", passwords.Invalid},
		{"unknown to Unicode", "vT9#qLmz\U000E0FFF", passwords.Invalid},
		{"spaces within", "five walnuts in a drawer", ""},
		{"another space", "five\u00a0walnuts\u3000in a drawer", ""},
		{"other scripts", "лиловый-барсук", ""},
		{"no case", "茶碗と雨の日の猫", ""},
		{"emoji", "🦔 under 🌧 with 🎩", ""},
	} {
		if got := reason(t, c.Check(passwords.New(test.password), passwords.WithFactor)); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestConfiguredLengths(t *testing.T) {
	c := checker(t, passwords.Policy{MinLength: 15, MaxLength: 20})
	var rejected *passwords.RejectedError
	if err := c.Check(passwords.New("vT9#qLmz-14cha"), passwords.WithFactor); !errors.As(err, &rejected) || rejected.Limit != 15 ||
		!strings.Contains(rejected.Message(), "15") {
		t.Errorf("error %v", err)
	}
	if err := c.Check(passwords.New("vT9#qLmz-21characters"), passwords.WithFactor); !errors.As(err, &rejected) || rejected.Limit != 20 {
		t.Errorf("error %v", err)
	}
	for _, p := range []passwords.Policy{{MinLength: -1}, {MinLength: 200}, {MaxLength: 7}, {MaxLength: 5000}} {
		if _, err := passwords.NewChecker(p); err == nil {
			t.Errorf("%+v was taken", p)
		}
	}
}

func TestMixed(t *testing.T) {
	c := checker(t, passwords.Policy{RequireMixed: true})
	for password, want := range map[string]passwords.Reason{
		"fivewalnuts":      passwords.NotMixed,
		"FiveWalnuts":      passwords.NotMixed,
		"five walnuts":     passwords.NotMixed,
		"five walnuts 5":   "",
		"FiveWalnuts5":     "",
		"Five walnuts":     "",
		"茶碗と雨の日の猫":         passwords.NotMixed,
		"茶碗と雨の日の猫7a":       "",
		"9041736288412907": passwords.NotMixed,
	} {
		if got := reason(t, c.Check(passwords.New(password), passwords.WithFactor)); got != want {
			t.Errorf("%s: %q, want %q", password, got, want)
		}
	}
}

func TestCommon(t *testing.T) {
	c := checker(t, passwords.Policy{})
	for _, password := range []string{
		"password", "PassWord", "12345678", "qwertyuiop", "iloveyou", "trustno1", "1q2w3e4r5t",
		"Password123!", "password!!", "Monkey2024", "sunshine#1999", "dragon-12345678", "letmein.....",
		"ｐａｓｓｗｏｒｄ", "ſunshine", // other letters of the same meaning
		"aaaaaaaaaaaa", "abcabcabcabc", "monkeymonkey", "abcdefghijkl", "zyxwvutsrqpo", "????????",
	} {
		if got := reason(t, c.Check(passwords.New(password), passwords.WithFactor)); got != passwords.Common {
			t.Errorf("%s: %q, want %q", password, got, passwords.Common)
		}
	}
	for _, password := range []string{
		"five walnuts in a drawer", "vT9#qLmz", "monkey-tablecloth", "tortoise 0791 55512 99", "9041736288", "kqzwv7fxmonkey",
	} {
		if got := reason(t, c.Check(passwords.New(password), passwords.WithFactor)); got != "" {
			t.Errorf("%s: %q", password, got)
		}
	}
}

func TestLikeIdentifier(t *testing.T) {
	c := checker(t, passwords.Policy{Words: []string{"Account Ledger"}})
	const email = "Wilhelmina.Karst@mail.Tannenhof-example.org"
	for password, want := range map[string]passwords.Reason{
		"wilhelmina.karst@mail.tannenhof-example.org": passwords.LikeIdentifier,
		"Wilhelmina.Karst":                            passwords.LikeIdentifier,
		"WILHELMINAKARST":                             passwords.LikeIdentifier,
		"my-wilhelmina.karst-pass":                    passwords.LikeIdentifier,
		"wilhelmina_karst_1984":                       passwords.LikeIdentifier,
		"wilhelmina1984":                              passwords.LikeIdentifier,
		"w1lhelmina":                                  passwords.LikeIdentifier,
		"animlehliw":                                  passwords.LikeIdentifier,
		"Wïlhelmina":                                  passwords.LikeIdentifier, // one change
		"tannenhof":                                   passwords.LikeIdentifier,
		"Tannenhof7":                                  passwords.LikeIdentifier,
		"karst-karst-9":                               passwords.LikeIdentifier,
		"accountledger":                               passwords.LikeIdentifier,
		"Account-Ledger-7":                            passwords.LikeIdentifier,
		"karst and four walnuts":                      "",
		"the mail came at noon":                       "",
		"five walnuts in a drawer":                    "",
		"organ pipes at dusk":                         "",
	} {
		if got := reason(t, c.Check(passwords.New(password), passwords.WithFactor, email)); got != want {
			t.Errorf("%s: %q, want %q", password, got, want)
		}
		if got := reason(t, c.Check(passwords.New(password), passwords.WithFactor, "another@one.test", "", "@", email)); got != want {
			t.Errorf("%s, among others: %q, want %q", password, got, want)
		}
	}
	for password, id := range map[string]string{
		"bobsled race at nine": "bob@ab.test", // too short to count
		"vT9#qLmz":             "v@q.l",
	} {
		if got := reason(t, c.Check(passwords.New(password), passwords.WithFactor, id)); got != "" {
			t.Errorf("%s: %q", password, got)
		}
	}
	if got := reason(t, c.Check(passwords.New("xx+4479460958xx"), passwords.WithFactor, "+44 7946 0958")); got != passwords.LikeIdentifier {
		t.Errorf("a phone number: %q", got)
	}
	if got := reason(t, c.Check(passwords.New("wi1hel2024"), passwords.WithFactor, "wil.hel@b.test")); got != passwords.LikeIdentifier {
		t.Errorf("nearly an address of short parts: %q", got)
	}
	if got := reason(t, c.Check(passwords.New("my wilma passphrase"), passwords.WithFactor, "wilma+shop@b.test")); got != passwords.LikeIdentifier {
		t.Errorf("the address without its tag: %q", got)
	}
}

func TestAnythingGetsAnAnswer(t *testing.T) {
	c := checker(t, passwords.Policy{RequireMixed: true})
	known := map[passwords.Reason]bool{"": true}
	for _, r := range passwords.Reasons() {
		known[r] = true
	}
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringN(8, 40, -1),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(rt, "password")
		got := reason(t, c.Check(passwords.New(text), passwords.WithFactor, rapid.String().Draw(rt, "identifier")))
		if !known[got] {
			rt.Fatalf("reason %q", got)
		}
		if got == "" && (!utf8.ValidString(text) || utf8.RuneCountInString(text) < 8) {
			rt.Fatal("taken")
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	c := checker(b, passwords.Policy{})
	p := passwords.New("five walnuts in a drawer")
	for b.Loop() {
		if err := c.Check(p, passwords.Alone, "wilhelmina.karst@tannenhof.example"); err != nil {
			b.Fatal(err)
		}
	}
}

// A password that is the only factor needs 15 characters (NIST SP 800-63B-4, 3.1.1.2), and never fewer than one beside a second factor.
func TestAlone(t *testing.T) {
	for name, test := range map[string]struct {
		policy passwords.Policy
		fewest int
	}{
		"by default": {passwords.Policy{}, 15}, "as configured": {passwords.Policy{MinAlone: 10}, 10}, "as beside a factor": {passwords.Policy{MinLength: 20}, 20},
	} {
		c := checker(t, test.policy)
		long := strings.Repeat("kqzwv7fx", 8)[:test.fewest]
		if got := reason(t, c.Check(passwords.New(long), passwords.Alone)); got != "" {
			t.Errorf("%s, %d characters: %s", name, test.fewest, got)
		}
		if got := reason(t, c.Check(passwords.New(long[1:]), passwords.Alone)); got != passwords.TooShort {
			t.Errorf("%s, %d characters: %q", name, test.fewest-1, got)
		}
	}
}
