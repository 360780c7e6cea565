package totp_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"accountledger/totp"
)

// TestVectors: those of RFC 6238, appendix B, for SHA-1, whose last six digits an app of six digits shows.
func TestVectors(t *testing.T) {
	t.Parallel()
	seed := []byte("12345678901234567890")
	for at, code := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037",
		20000000000: "353130"} {
		now := time.Unix(at, 0)
		if got := totp.Code(seed, now); got != code {
			t.Errorf("at %d: %s instead of %s", at, got, code)
		}
		for _, skew := range []time.Duration{-totp.Period, 0, totp.Period} {
			if got := totp.Matching(seed, " "+code[:3]+" "+code[3:], now.Add(skew)); !slices.Contains(got, totp.Step(now)) {
				t.Errorf("at %d, %v off: %v", at, skew, got)
			}
		}
		for _, skew := range []time.Duration{-2 * totp.Period, 2 * totp.Period} {
			if now.Add(skew).Unix() < 0 {
				continue
			}
			if got := totp.Matching(seed, code, now.Add(skew)); slices.Contains(got, totp.Step(now)) {
				t.Errorf("at %d, %v off: it passes", at, skew)
			}
		}
		for _, wrong := range []string{"", code[1:], code + "0", "x" + code[1:], "０" + code[1:]} {
			if got := totp.Matching(seed, wrong, now); len(got) > 0 {
				t.Errorf("%q passes", wrong)
			}
		}
	}
}

func TestSetUp(t *testing.T) {
	t.Parallel()
	seed := totp.NewSeed()
	if len(seed) != totp.SeedBytes || slices.Equal(seed, totp.NewSeed()) {
		t.Error("a weak seed")
	}
	u, err := url.Parse(totp.URL(seed, "Vesta: accounts", "ada+x&y@example.com"))
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Vesta  accounts:ada+x&y@example.com" {
		t.Errorf("%v %v", u, err)
	}
	q := u.Query()
	if q.Get("secret") != totp.Text(seed) || q.Get("issuer") != "Vesta  accounts" || q.Get("digits") != "6" || q.Get("period") != "30" ||
		strings.Contains(q.Get("secret"), "=") {
		t.Errorf("%v", q)
	}
	svg, err := totp.QR(u.String())
	if err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
	}
	if _, err := totp.QR(strings.Repeat("x", 10000)); err == nil {
		t.Error("a text that fits no QR code is drawn")
	}
}
