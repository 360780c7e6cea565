// Package linear records what concurrent callers requested and were answered, so that porcupine can decide whether some order
// of the calls, each taking effect at one moment between its beginning and its answer, explains all answers.
//
// It is for tests only.
package linear

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// Patience bounds how long porcupine looks for an order.
const Patience = 5 * time.Second

// Recorder records calls and their answers.
type Recorder struct {
	began time.Time

	mu    sync.Mutex
	calls []porcupine.Operation
}

// NewRecorder starts a history.
func NewRecorder() *Recorder { return &Recorder{began: time.Now()} }

// Do makes a call for a client and records it. A call whose outcome is not known, as reported by ok, may take
// effect at any later time or never.
func (r *Recorder) Do(client int, input any, call func() (output any, ok bool)) {
	op := porcupine.Operation{ClientId: client, Input: input, Call: int64(time.Since(r.began))}
	var known bool
	op.Output, known = call()
	op.Return = int64(time.Since(r.began))
	if !known {
		op.Return = math.MaxInt64
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, op)
}

// Explained reports whether the model allows the recorded answers. It fails the test if porcupine cannot decide in time.
func (r *Recorder) Explained(t testing.TB, m porcupine.Model) bool {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	result := porcupine.CheckOperationsTimeout(m, r.calls, Patience)
	if result == porcupine.Unknown {
		t.Fatalf("no order of %d calls was found or excluded in %s", len(r.calls), Patience)
	}
	return result == porcupine.Ok
}

// Len is the number of calls.
func (r *Recorder) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.calls)
}

// Pauses are pauses of random length between the steps of concurrent work, to produce orders that
// an undisturbed run hardly ever has.
type Pauses struct {
	mu     sync.Mutex
	random *rand.Rand
	most   time.Duration
}

// NewPauses returns pauses of up to most, from a seed that it logs.
func NewPauses(t testing.TB, most time.Duration) *Pauses {
	t.Helper()
	seed := rand.Uint64() // a schedule, no secret
	t.Logf("seed of the pauses: %d", seed)
	return &Pauses{random: rand.New(rand.NewPCG(seed, seed)), most: most} // a schedule, no secret
}

// Pause may pause.
func (p *Pauses) Pause() {
	p.mu.Lock()
	n := p.random.Int64N(int64(2 * p.most))
	p.mu.Unlock()
	if d := time.Duration(n) - p.most; d > 0 {
		time.Sleep(d)
	}
}

// IntN is a random number below n, from the same seed.
func (p *Pauses) IntN(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.random.IntN(n)
}
