package journal_test

import (
	"bytes"
	"crypto/sha3"
	"encoding/hex"
	"testing"

	"accountledger/journal"
)

// The test vectors of the specification (c2sp.org/XAES-256-GCM): one for each value of the top bit that the
// derivation of K1 branches on.
func TestXAESVectors(t *testing.T) {
	for _, c := range []struct {
		key              byte
		additional, want string
	}{
		{0x01, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
		{0x03, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
	} {
		aead, err := journal.NewXAES(bytes.Repeat([]byte{c.key}, 32))
		if err != nil {
			t.Fatal(err)
		}
		nonce, plain := []byte("ABCDEFGHIJKLMNOPQRSTUVWX"), []byte("XAES-256-GCM")
		sealed := aead.Seal(nil, nonce, plain, []byte(c.additional))
		if got := hex.EncodeToString(sealed); got != c.want {
			t.Errorf("key %x: %s, want %s", c.key, got, c.want)
		}
		if back, err := aead.Open(nil, nonce, sealed, []byte(c.additional)); err != nil || !bytes.Equal(back, plain) {
			t.Errorf("key %x does not open: %v", c.key, err)
		}
		if _, err := aead.Open(nil, nonce, sealed, []byte("other")); err == nil {
			t.Errorf("key %x opens with other data", c.key)
		}
	}
}

// The accumulated vector of the specification: 10,000 random seals and the hash of all of them.
func TestXAESAccumulated(t *testing.T) {
	in, out := sha3.NewSHAKE128(), sha3.NewSHAKE128()
	draw := func(n int) []byte {
		b := make([]byte, n)
		_, _ = in.Read(b)
		return b
	}
	for range 10_000 {
		key, nonce := draw(32), draw(24)
		plain := draw(int(draw(1)[0]))
		additional := draw(int(draw(1)[0]))
		aead, err := journal.NewXAES(key)
		if err != nil {
			t.Fatal(err)
		}
		sealed := aead.Seal(nil, nonce, plain, additional)
		_, _ = out.Write(sealed)
		if back, err := aead.Open(nil, nonce, sealed, additional); err != nil || !bytes.Equal(back, plain) {
			t.Fatalf("does not open: %v", err)
		}
	}
	sum := make([]byte, 32)
	_, _ = out.Read(sum)
	if got := hex.EncodeToString(sum); got != "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939" {
		t.Errorf("the hash of all is %s", got)
	}
}

func TestXAESRefusesOtherSizes(t *testing.T) {
	for _, n := range []int{0, 16, 24, 31, 33} {
		if _, err := journal.NewXAES(make([]byte, n)); err == nil {
			t.Errorf("a key of %d bytes was taken", n)
		}
	}
	aead, err := journal.NewXAES(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := aead.Open(nil, make([]byte, 12), make([]byte, 32), nil); err == nil {
		t.Error("a short nonce was taken")
	}
}
