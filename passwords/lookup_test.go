package passwords_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"accountledger/passwords"
)

func TestLookUps(t *testing.T) {
	t.Parallel()
	random := func(_ string, n int) []byte {
		b := make([]byte, n)
		_, _ = rand.Read(b)
		return b
	}
	codes, h := passwords.NewLookUps(random)
	others, _ := passwords.NewLookUps(random)
	seen := map[string]bool{}
	for i, code := range codes {
		typed := strings.ReplaceAll(code, "-", "")
		if len(typed) != 16 || seen[typed[1:]] {
			t.Errorf("code %d is %s", i, code)
		}
		seen[typed[1:]] = true
		if n, ok := h.Match(typed); !ok || n != i {
			t.Errorf("code %d is number %d: %v", i, n, ok)
		}
		for _, wrong := range []string{"", typed[1:], typed + "0", "Z" + typed[1:], strings.ReplaceAll(others[i], "-", ""), string('0'+byte((i+1)%10)) + typed[1:],
			strings.Repeat(typed, 1000)} {
			if _, ok := h.Match(wrong); ok {
				t.Errorf("%q passes", wrong)
			}
		}
		if _, ok := (passwords.LookUpHashes{}).Match(typed); ok {
			t.Error("a set of none")
		}
	}
	if len(codes) != passwords.LookUps {
		t.Errorf("%d codes", len(codes))
	}
}
