package groupcommit_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"accountledger/internal/await"
	"accountledger/internal/groupcommit"
)

// commits is where groups of numbers are committed, each once gate lets it.
type commits struct {
	mu     sync.Mutex
	groups [][]int
	begun  chan struct{}
	gate   chan struct{}
}

func newCommits() *commits {
	return &commits{begun: make(chan struct{}, 100), gate: make(chan struct{})}
}

func (c *commits) commit(calls []*groupcommit.Call[int]) {
	var group []int
	for _, call := range calls {
		group = append(group, call.Of)
	}
	c.mu.Lock()
	c.groups = append(c.groups, group)
	c.mu.Unlock()
	c.begun <- struct{}{}
	<-c.gate
	for _, call := range calls {
		if call.Of < 0 {
			call.Answer(errNegative)
			continue
		}
		call.Answer(nil)
	}
}

var errNegative = errors.New("negative")

// do calls in the background; the answer is in the channel.
func do(ctx context.Context, g *groupcommit.Group[int], of int) <-chan error {
	answer := make(chan error, 1)
	go func() { answer <- g.Do(ctx, of) }()
	return answer
}

// TestCallsShareACommit: those that arrive while one is under way go together, and each gets its own answer.
func TestCallsShareACommit(t *testing.T) {
	c := newCommits()
	g := groupcommit.New(groupcommit.Options[int]{Commit: c.commit, Fits: func(w []*groupcommit.Call[int]) int { return min(len(w), 3) }})
	first := do(t.Context(), g, 0)
	<-c.begun
	left, leave := context.WithCancel(t.Context())
	gone := do(left, g, 9)
	leave()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("who left got %v", err)
	}
	var answers []<-chan error
	for _, of := range []int{1, -2, 3} {
		answers = append(answers, do(t.Context(), g, of))
	}
	arrived(t, g, 4)
	close(c.gate)
	if err := <-first; err != nil {
		t.Error(err)
	}
	var failed int
	for _, a := range answers {
		if err := <-a; errors.Is(err, errNegative) {
			failed++
		} else if err != nil {
			t.Error(err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if got := slices.Concat(c.groups...); failed != 1 || len(c.groups) != 3 || len(got) != 4 || slices.Contains(got, 9) {
		t.Errorf("%d failed, groups %v", failed, c.groups)
	}
}

// arrived waits until so many calls wait behind the one under way.
func arrived(t *testing.T, g *groupcommit.Group[int], n int) {
	t.Helper()
	await.Until(t, "the calls wait", func() bool { return g.Waiting() == n })
}

// TestCommitsAtOnce: no more commits are under way than may be.
func TestCommitsAtOnce(t *testing.T) {
	c := newCommits()
	g := groupcommit.New(groupcommit.Options[int]{AtOnce: 2, Commit: c.commit})
	one := do(t.Context(), g, 1)
	<-c.begun
	two := do(t.Context(), g, 2)
	<-c.begun
	three := do(t.Context(), g, 3)
	arrived(t, g, 1)
	select {
	case <-c.begun:
		t.Error("a third commit is under way")
	default:
	}
	close(c.gate)
	for _, a := range []<-chan error{one, two, three} {
		if err := <-a; err != nil {
			t.Error(err)
		}
	}
}

// TestClose: who waits is sent away, who is being committed gets an answer, and nobody comes after that.
func TestClose(t *testing.T) {
	c := newCommits()
	g := groupcommit.New(groupcommit.Options[int]{Commit: c.commit})
	under := do(t.Context(), g, 1)
	<-c.begun
	waiting := do(t.Context(), g, 2)
	arrived(t, g, 1)
	closed := make(chan struct{})
	go func() { g.Close(); close(closed) }()
	if err := <-waiting; !errors.Is(err, groupcommit.ErrClosed) {
		t.Errorf("who waited got %v", err)
	}
	select {
	case <-closed:
		t.Error("it is closed while a commit is under way")
	default:
	}
	close(c.gate)
	<-closed
	if err := <-under; err != nil {
		t.Errorf("who was being committed got %v", err)
	}
	if err := g.Do(t.Context(), 3); !errors.Is(err, groupcommit.ErrClosed) {
		t.Errorf("afterwards: %v", err)
	}
}
