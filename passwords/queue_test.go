package passwords_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"accountledger/passwords"
)

// stage is a hasher with one worker whose hashes end one by one, and the order in which they were done.
type stage struct {
	*passwords.Hasher
	t      *testing.T
	step   chan struct{}
	mu     sync.Mutex
	order  []string
	served sync.WaitGroup
}

func onStage(t *testing.T, o passwords.Options) *stage {
	s := &stage{t: t, step: make(chan struct{})}
	o.Workers = 1
	s.Hasher = hasher(t, o)
	s.SetDerive(func(text string, _ passwords.Params, _ []byte, size uint32) []byte {
		<-s.step
		s.mu.Lock()
		defer s.mu.Unlock()
		s.order = append(s.order, text)
		return make([]byte, size)
	})
	return s
}

// comes has somebody wait, and returns once they do.
func (s *stage) comes(class passwords.Class, flow, name string) {
	s.t.Helper()
	computing, waiting := s.Load()
	s.served.Go(func() {
		ctx := passwords.WithTurn(s.t.Context(), passwords.Turn{Class: class, Flow: flow})
		if err := s.VerifyNothing(ctx, passwords.New(name)); err != nil {
			s.t.Errorf("%s: %v", name, err)
		}
	})
	if computing == 0 {
		await(s.t, s.Hasher, 1, 0)
		return
	}
	await(s.t, s.Hasher, 1, waiting+1)
}

func (s *stage) all() []string {
	close(s.step)
	s.served.Wait()
	return s.order
}

// A hundred requests of one network, and sign-ups of a hundred networks, come first; each other sign-in waits for few of them.
func TestNobodyWaitsForAFlood(t *testing.T) {
	s := onStage(t, passwords.Options{})
	for n := range 100 {
		s.comes(passwords.SignIn, "loud", fmt.Sprint("loud ", n))
	}
	for n := range 100 {
		s.comes(passwords.SignUp, fmt.Sprint(n), fmt.Sprint("new ", n))
	}
	s.comes(passwords.SignIn, "quiet", "quiet one")
	s.comes(passwords.SignIn, "quiet", "quiet two")
	s.comes(passwords.Known, "owner", "owner")
	order := s.all()
	for name, most := range map[string]int{"owner": 5, "quiet one": 10, "quiet two": 16} {
		if at := slices.Index(order, name); at < 0 || at > most {
			t.Errorf("%s is number %d", name, at)
		}
	}
	loud := slices.DeleteFunc(slices.Clone(order), func(name string) bool { return name[:4] != "loud" })
	for n := range loud {
		if loud[n] != fmt.Sprint("loud ", n) {
			t.Fatalf("within a network the first goes first: %v", loud[:n+1])
		}
	}
	if len(order) != 203 {
		t.Errorf("%d were served", len(order))
	}
}

// Who would wait for too long is told so at once, and for how long; others are not refused for it.
func TestWaitingIsBounded(t *testing.T) {
	h := hasher(t, passwords.Options{Workers: 1, Longest: time.Second})
	began := make(chan struct{})
	var finish sync.WaitGroup
	finish.Add(1)
	slow := 200 * time.Millisecond
	h.SetTook(slow)
	h.SetDerive(func(_ string, _ passwords.Params, _ []byte, size uint32) []byte {
		began <- struct{}{}
		finish.Wait()
		return make([]byte, size)
	})
	var served sync.WaitGroup
	ask := func(flow string) error {
		return h.VerifyNothing(passwords.WithTurn(t.Context(), passwords.Turn{Class: passwords.SignIn, Flow: flow}), passwords.New("x"))
	}
	wait := func(flow string) {
		served.Go(func() {
			if err := ask(flow); err != nil {
				t.Error(err)
			}
		})
	}
	wait("loud")
	<-began
	for n := range 5 { // a second's worth
		wait("loud")
		await(t, h, 1, n+1)
	}
	var busy *passwords.BusyError
	if err := ask("loud"); !errors.As(err, &busy) || busy.RetryAfter != time.Second {
		t.Errorf("%v", err)
	}
	wait("quiet")
	await(t, h, 1, 6)
	go func() {
		for range began {
		}
	}()
	finish.Done()
	served.Wait()
	close(began)
}

// However callers come and leave, workers are neither lost nor used twice.
func TestWorkersAreNotLost(t *testing.T) {
	h := hasher(t, passwords.Options{Params: passwords.Params{MemoryKiB: 8, Passes: 1, Lanes: 1}, Workers: 3})
	var all sync.WaitGroup
	for n := range 64 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(n), 1))
			for range 100 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(r.IntN(300))*time.Microsecond)
				turn := passwords.Turn{Class: passwords.Class(r.IntN(4)), Flow: fmt.Sprint(r.IntN(5))}
				if err := h.VerifyNothing(passwords.WithTurn(ctx, turn), passwords.New("x")); err != nil && !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
				cancel()
			}
		})
	}
	all.Wait()
	if computing, waiting := h.Load(); computing != 0 || waiting != 0 {
		t.Fatalf("%d computing and %d waiting when all are gone", computing, waiting)
	}
	for range 10 {
		if err := h.VerifyNothing(t.Context(), passwords.New("x")); err != nil {
			t.Fatal(err)
		}
	}
}
