package domain_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"regexp"
	"testing"

	"github.com/google/uuid"

	"accountledger/domain"
)

func mac(c domain.CodeInput) [32]byte {
	h := hmac.New(sha256.New, []byte("a key of the test's"))
	for _, p := range c.Parts() {
		h.Write([]byte{byte(len(p))})
		h.Write(p)
	}
	return [32]byte(h.Sum(nil))
}

func TestCodesDependOnEverything(t *testing.T) {
	base := domain.CodeInput{Purpose: domain.VerifySignUp, Verification: domain.VerificationID{UUID: uuid.New()}, Issue: 1, Medium: domain.MediumEmail,
		Destination: "ada@example.com"}
	if same := base; same.Code(mac(same)) != base.Code(mac(base)) {
		t.Fatal("one input, two codes")
	}
	issue, destination, verification, purpose := base, base, base, base
	issue.Issue, destination.Destination = 2, "eve@example.com"
	verification.Verification, purpose.Purpose = domain.VerificationID{UUID: uuid.New()}, "recover"
	for name, other := range map[string]domain.CodeInput{"issue": issue, "destination": destination, "verification": verification, "purpose": purpose} {
		if mac(other) == mac(base) { // the hashes, since one code in a million is the same by chance
			t.Errorf("another %s gives the same code", name)
		}
	}
}

func TestFormOfCodes(t *testing.T) {
	short, long := regexp.MustCompile(`^[0-9]{6}$`), regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{13}$`)
	var digits [10]int
	for i := range 2000 {
		c := domain.CodeInput{Purpose: domain.VerifySignUp, Issue: i, Medium: domain.MediumEmail}
		code := c.Code(mac(c))
		if !short.MatchString(code) || domain.CleanCode(code) != code {
			t.Fatalf("a code %q", code)
		}
		digits[code[0]-'0']++
		c.Long = true
		if code = c.Code(mac(c)); !long.MatchString(code) || domain.CleanCode(code) != code {
			t.Fatalf("a long code %q", code)
		}
	}
	for d, n := range digits {
		if n < 120 || n > 280 { // 200 expected; six standard deviations either way
			t.Errorf("%d codes of 2000 begin with %d", n, d)
		}
	}
	all, none := [32]byte{255, 255, 255, 255, 255, 255, 255, 255}, [32]byte{}
	if c := (domain.CodeInput{Long: true}); c.Code(all) != "ZZZZZZZZZZZZF" || c.Code(none) != "0000000000000" {
		t.Error("64 bit do not fit")
	}
	if c := (domain.CodeInput{}); c.Code(none) != "000000" {
		t.Error("leading zeros are missing")
	}
}

func TestCodesAsTyped(t *testing.T) {
	for in, want := range map[string]string{
		"123456": "123456", " 123 456 ": "123456", "123-456": "123456", "123\u00a0456": "123456", "abcd-efgh": "ABCDEFGH", "oOiIlL": "001111", "": "",
		"１２３４５６": "123456", "١٢٣٤٥٦": "123456", "۱۲۳۴۵۶": "123456", "१२३४५६": "123456", "𝟏𝟐𝟑𝟒𝟓𝟔": "123456", "１２３ ４５６": "123456",
		"\ufeff123\u200b456\u200f": "123456", "123\u2013456\t\r\n": "123456", "123\u3000456": "123456", "½²": "½²",
	} {
		if got := domain.CleanCode(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}
