package passwords_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"accountledger/passwords"
)

func hasher(t testing.TB, o passwords.Options) *passwords.Hasher {
	t.Helper()
	h, err := passwords.NewHasher(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHashAndVerify(t *testing.T) {
	h := hasher(t, passwords.Options{})
	p := passwords.New("five wälnuts")
	hash, err := h.Hash(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(hash, "=$") || strings.HasSuffix(hash, "=") {
		t.Fatalf("hash %s", hash)
	}
	for text, want := range map[string]bool{
		"five wälnuts": true, "five wa\u0308lnuts": true, "five\u00a0wälnuts": true,
		"Five wälnuts": false, "five walnuts": false, "five wälnuts ": false, "": false,
		"five wälnuts\x00": false, "five wälnuts\n": false,
	} {
		ok, again, err := h.Verify(t.Context(), passwords.New(text), hash)
		if err != nil || ok != want || again {
			t.Errorf("%q: %t, again %t, error %v", text, ok, again, err)
		}
	}
	other, err := h.Hash(t.Context(), p)
	if err != nil || other == hash {
		t.Fatalf("no salt, error %v", err)
	}
	// A hash of nothing, made elsewhere, lets nobody in whose password cannot be read.
	empty := fmt.Sprintf("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$%s",
		base64.RawStdEncoding.EncodeToString(argon2.IDKey(nil, []byte("somesalt"), 1, 64, 1, 32)))
	for _, text := range []string{"", "five\x00walnuts"} {
		if ok, _, err := h.Verify(t.Context(), passwords.New(text), empty); ok || err != nil {
			t.Errorf("%q: %t, error %v", text, ok, err)
		}
	}
	var rejected *passwords.RejectedError
	if _, err := h.Hash(t.Context(), passwords.New("five\x00walnuts")); !errors.As(err, &rejected) || rejected.Reason != passwords.Invalid {
		t.Fatalf("error %v", err)
	}
}

func TestOldHashesVerifyAndAreToBeMadeAgain(t *testing.T) {
	old := hasher(t, passwords.Options{Params: passwords.Params{MemoryKiB: 64, Passes: 1, Lanes: 2}})
	hash, err := old.Hash(t.Context(), passwords.New("five walnuts"))
	if err != nil {
		t.Fatal(err)
	}
	h := hasher(t, passwords.Options{})
	if ok, again, err := h.Verify(t.Context(), passwords.New("five walnuts"), hash); !ok || !again || err != nil {
		t.Errorf("%t, again %t, error %v", ok, again, err)
	}
	if ok, again, err := h.Verify(t.Context(), passwords.New("six walnuts"), hash); ok || again || err != nil {
		t.Errorf("%t, again %t, error %v", ok, again, err)
	}
	if !h.NeedsRehash(hash) || old.NeedsRehash(hash) || !h.NeedsRehash("") {
		t.Error("NeedsRehash")
	}
	// One of the reference implementation's own tests (test.c: password, somesalt, t 2, m 2^16, p 1).
	const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if ok, again, err := h.Verify(t.Context(), passwords.New("password"), reference); !ok || !again || err != nil {
		t.Errorf("reference: %t, again %t, error %v", ok, again, err)
	}
}

func TestUnreadableHashes(t *testing.T) {
	h := hasher(t, passwords.Options{})
	const salt, digest = "c29tZXNhbHRzb21lc2FsdA", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	for _, hash := range []string{
		"", "x", "$argon2id$v=19$m=64,t=1,p=1$" + salt, "$argon2i$v=19$m=64,t=1,p=1$" + salt + "$" + digest,
		"$argon2id$v=16$m=64,t=1,p=1$" + salt + "$" + digest, "$argon2id$v=19$m=64,t=1,p=0$" + salt + "$" + digest,
		"$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + digest, "$argon2id$v=19$m=7,t=1,p=1$" + salt + "$" + digest,
		"$argon2id$v=19$m=4294967295,t=1,p=1$" + salt + "$" + digest, "$argon2id$v=19$m=64,t=4000000000,p=1$" + salt + "$" + digest,
		"$argon2id$v=19$m=64,t=1,p=256$" + salt + "$" + digest, "$argon2id$v=19$m=-64,t=1,p=1$" + salt + "$" + digest,
		"$argon2id$v=19$m=064,t=1,p=1$" + salt + "$" + digest, "$argon2id$v=19$m=64,t=1,p=1,x=1$" + salt + "$" + digest,
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "==$" + digest, "$argon2id$v=19$m=64,t=1,p=1$$" + digest,
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$", "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + digest + "$",
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + strings.Repeat("A", 400),
	} {
		ok, _, err := h.Verify(t.Context(), passwords.New("five walnuts"), hash)
		if ok || !errors.Is(err, passwords.ErrHash) {
			t.Errorf("%s: %t, error %v", hash, ok, err)
		}
		if err != nil && strings.Contains(err.Error(), salt) {
			t.Error("the error repeats the hash")
		}
	}
	for _, o := range []passwords.Options{{Params: passwords.Params{MemoryKiB: 1}}, {Workers: -1}, {Queue: -1}} {
		if _, err := passwords.NewHasher(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

// An unknown person costs the very derivation that a known one does.
func TestVerifyNothingCostsTheSame(t *testing.T) {
	h := hasher(t, passwords.Options{})
	type cost struct {
		params     passwords.Params
		salt, size int
	}
	var costs []cost
	h.SetDerive(func(_ string, p passwords.Params, salt []byte, size uint32) []byte {
		costs = append(costs, cost{p, len(salt), int(size)})
		return make([]byte, size)
	})
	hash, err := h.Hash(t.Context(), passwords.New("five walnuts"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"five walnuts", "", "bad \x00 form"} {
		if _, _, err := h.Verify(t.Context(), passwords.New(text), hash); err != nil {
			t.Fatal(err)
		}
		if err := h.VerifyNothing(t.Context(), passwords.New(text)); err != nil {
			t.Fatal(err)
		}
	}
	if len(costs) != 7 {
		t.Fatalf("%d derivations", len(costs))
	}
	for _, c := range costs {
		if c != costs[0] {
			t.Errorf("%+v, want %+v", c, costs[0])
		}
	}
}

func TestLoadIsShed(t *testing.T) {
	const workers, queue = 2, 3
	h := hasher(t, passwords.Options{Workers: workers, Queue: queue})
	started, finish := make(chan struct{}, workers+queue), make(chan struct{})
	h.SetDerive(func(_ string, _ passwords.Params, _ []byte, size uint32) []byte {
		started <- struct{}{}
		<-finish
		return make([]byte, size)
	})
	var served sync.WaitGroup
	call := func(ctx context.Context, want error) {
		served.Go(func() {
			if _, err := h.Hash(ctx, passwords.New("five walnuts")); !errors.Is(err, want) {
				t.Errorf("error %v, want %v", err, want)
			}
		})
	}
	for range workers {
		call(t.Context(), nil)
		<-started
	}
	impatient, leave := context.WithCancel(t.Context())
	call(impatient, context.Canceled)
	for range queue - 1 {
		call(t.Context(), nil)
	}
	await(t, h, workers, queue)

	for range 10 {
		err := h.VerifyNothing(t.Context(), passwords.New("five walnuts"))
		var busy *passwords.BusyError
		if !errors.As(err, &busy) || busy.RetryAfter < time.Second {
			t.Fatalf("error %v", err)
		}
	}
	leave() // makes room for one
	await(t, h, workers, queue-1)
	call(t.Context(), nil)
	await(t, h, workers, queue)
	close(finish)
	served.Wait()
	if computing, waiting := h.Load(); computing != 0 || waiting != 0 {
		t.Fatalf("%d computing and %d waiting when all are served", computing, waiting)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	hash := "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$" + strings.Repeat("A", 43)
	if _, _, err := h.Verify(cancelled, passwords.New("x"), hash); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
}

// await returns when so many compute and wait.
func await(t *testing.T, h *passwords.Hasher, computing, waiting int) {
	t.Helper()
	tick := time.NewTicker(100 * time.Microsecond)
	defer tick.Stop()
	for {
		if c, w := h.Load(); c == computing && w == waiting {
			return
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("the test ended first")
		}
	}
}

func TestManyCallersAtOnce(t *testing.T) {
	h := hasher(t, passwords.Options{Params: passwords.Params{MemoryKiB: 64, Passes: 1, Lanes: 1}, Workers: 2, Queue: 100})
	hash, err := h.Hash(t.Context(), passwords.New("five walnuts"))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			text := []string{"five walnuts", "six walnuts"}[i%2]
			if ok, _, err := h.Verify(t.Context(), passwords.New(text), hash); err != nil || ok != (i%2 == 0) {
				t.Errorf("%t, error %v", ok, err)
			}
		})
	}
	wg.Wait()
}

func BenchmarkVerify(b *testing.B) {
	h := hasher(b, passwords.Options{})
	hash, err := h.Hash(b.Context(), passwords.New("five walnuts"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if ok, _, err := h.Verify(b.Context(), passwords.New("five walnuts"), hash); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

// BenchmarkBareArgon2id is the control of BenchmarkVerify.
func BenchmarkBareArgon2id(b *testing.B) {
	for b.Loop() {
		argon2.IDKey([]byte("five walnuts"), make([]byte, 16), 2, 19*1024, 1, 32)
	}
}
