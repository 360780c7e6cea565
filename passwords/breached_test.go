package passwords_test

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"accountledger/passwords"
)

// breachedFile writes the passwords as Have I Been Pwned does.
func breachedFile(t *testing.T, end string, count int, texts ...string) string {
	t.Helper()
	var lines []string
	for _, text := range texts {
		lines = append(lines, fmt.Sprintf("%X:%d", sha1.Sum([]byte(text)), count))
	}
	slices.Sort(lines)
	path := filepath.Join(t.TempDir(), "breached.txt")
	if err := os.WriteFile(path, []byte(strings.Join(lines, end)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBreached(t *testing.T) {
	for _, size := range []int{1, 2, 3, 10, 500} {
		for _, end := range []string{"\n", "\r\n"} {
			var in, out []string
			for i := range size {
				in = append(in, fmt.Sprintf("walnut drawer %d in", i))
				out = append(out, fmt.Sprintf("walnut drawer %d out", i))
			}
			c := checker(t, passwords.Policy{Breached: breachedFile(t, end, 7, in...)})
			for i := range size {
				if got := reason(t, c.Check(passwords.New(in[i]), passwords.WithFactor)); got != passwords.Breached {
					t.Errorf("of %d lines, one that is there: %q", size, got)
				}
				if got := reason(t, c.Check(passwords.New(out[i]), passwords.WithFactor)); got != "" {
					t.Errorf("of %d lines, one that is not there: %q", size, got)
				}
			}
		}
	}
}

func TestBreachedInOtherForms(t *testing.T) {
	path := breachedFile(t, "\n", 7, "wälnut drawer")
	lower, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.ToLower(string(lower))+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := checker(t, passwords.Policy{Breached: path})
	if got := reason(t, c.Check(passwords.New("wa\u0308lnut drawer"), passwords.WithFactor)); got != passwords.Breached {
		t.Errorf("%q", got)
	}
	c = checker(t, passwords.Policy{Breached: breachedFile(t, "\n", 0, "walnut drawer")})
	if got := reason(t, c.Check(passwords.New("walnut drawer"), passwords.WithFactor)); got != "" {
		t.Errorf("a line that only pads: %q", got)
	}
}

func TestUnusableBreachedFile(t *testing.T) {
	if _, err := passwords.NewChecker(passwords.Policy{Breached: filepath.Join(t.TempDir(), "none")}); !errors.Is(err, passwords.ErrBreachedFile) {
		t.Errorf("missing: error %v", err)
	}
	path := filepath.Join(t.TempDir(), "file")
	hash := fmt.Sprintf("%X", sha1.Sum([]byte("a")))
	for _, text := range []string{"password\nletmein\n", hash + "\n", hash[1:] + ":1\n", hash + ":x\n", strings.Repeat("A", 1000)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := passwords.NewChecker(passwords.Policy{Breached: path}); !errors.Is(err, passwords.ErrBreachedFile) {
			t.Errorf("error %v, want %v", err, passwords.ErrBreachedFile)
		}
	}
	// Damaged further down: the password is neither taken nor called breached.
	good := breachedFile(t, "\n", 1, "a", "b", "c", "d", "e", "f", "g", "h")
	lines, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for i := 50; i < len(lines); i++ {
		lines[i] = 'Z'
	}
	if err := os.WriteFile(good, lines, 0o600); err != nil {
		t.Fatal(err)
	}
	c := checker(t, passwords.Policy{Breached: good})
	if err := c.Check(passwords.New("five walnuts in a drawer"), passwords.WithFactor); !errors.Is(err, passwords.ErrBreachedFile) {
		t.Errorf("error %v, want %v", err, passwords.ErrBreachedFile)
	}
}
