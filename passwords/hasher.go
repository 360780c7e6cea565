package passwords

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

// Options of NewHasher. Zero fields take their defaults.
type Options struct {
	// Params are for new hashes. Default: DefaultParams.
	Params Params
	// Workers is how many hashes are computed at once, each with its own memory. Default: GOMAXPROCS.
	Workers int
	// Queue is how many callers of each class may wait. Default: 256 per worker.
	Queue int
	// Longest is how long a caller may have to wait, as far as can be told when it comes. Default: 3 seconds.
	Longest time.Duration
}

// Hasher computes Argon2id hashes, a limited number at a time, so that a flood of
// sign-ins exhausts neither memory nor cores. It is safe for concurrent use.
type Hasher struct {
	params Params
	queue  *queue
	took   atomic.Int64 // nanoseconds a hash takes, smoothed
	derive func(text string, p Params, salt []byte, size uint32) []byte
}

// BusyError: too many callers are already waiting, or it would take too long. Nothing was computed.
type BusyError struct {
	// RetryAfter is how long the caller would have waited; at least a second.
	RetryAfter time.Duration
}

// Error implements error.
func (e *BusyError) Error() string {
	return fmt.Sprintf("passwords: too many hashes wait; retry after %s", e.RetryAfter)
}

// NewHasher makes a hasher. It holds no resources while it is idle.
func NewHasher(o Options) (*Hasher, error) {
	if o.Params == (Params{}) {
		o.Params = DefaultParams()
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Queue == 0 {
		o.Queue = 256 * o.Workers
	}
	if o.Longest == 0 {
		o.Longest = 3 * time.Second
	}
	if !o.Params.valid() {
		return nil, errors.New("passwords: Argon2id parameters out of bounds")
	}
	if o.Workers < 0 || o.Queue < 0 || o.Longest < 0 {
		return nil, errors.New("passwords: negative number of workers or queue places, or a negative wait")
	}
	h := &Hasher{params: o.Params, derive: deriveArgon2id}
	h.queue = newQueue(o.Workers, o.Queue, o.Longest, func() time.Duration { return time.Duration(h.took.Load()) })
	return h, nil
}

// Load is how many hashes are being computed and how many callers wait.
func (h *Hasher) Load() (computing, waiting int) { return h.queue.load() }

// Hash returns a password's hash in the PHC string format, with a random salt. Errors: *BusyError, the context's error
// while waiting, or *RejectedError for a password with invalid characters; other rules are Checker's.
func (h *Hasher) Hash(ctx context.Context, p Password) (string, error) {
	text, err := p.prepare()
	if err != nil {
		return "", &RejectedError{Reason: Invalid}
	}
	s := stored{params: h.params, salt: make([]byte, saltBytes)}
	if _, err := rand.Read(s.salt); err != nil {
		return "", fmt.Errorf("passwords: making a salt: %w", err)
	}
	if s.hash, err = h.run(ctx, text, s.params, s.salt, hashBytes); err != nil {
		return "", err
	}
	return s.String(), nil
}

// Verify reports whether a password matches a hash, and if so whether the hash was made with parameters other than the
// current ones and should be made again. Errors: *BusyError, the context's error while waiting, or ErrHash.
func (h *Hasher) Verify(ctx context.Context, p Password, phc string) (ok, needsRehash bool, err error) {
	s, err := parse(phc)
	if err != nil {
		return false, false, err
	}
	text, badForm := p.prepare()                                         // such a password matches no hash, but takes just as long
	hash, err := h.run(ctx, text, s.params, s.salt, uint32(len(s.hash))) //nolint:gosec // parse bounds it
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(hash, s.hash) == 1 && badForm == nil
	return ok, ok && h.NeedsRehash(phc), nil
}

// VerifyNothing takes as long as Verify, for a person without a password, so that the time of an answer does not reveal
// whether there is one.
func (h *Hasher) VerifyNothing(ctx context.Context, p Password) error {
	text, _ := p.prepare()
	_, err := h.run(ctx, text, h.params, make([]byte, saltBytes), hashBytes)
	return err
}

// NeedsRehash reports whether a hash was made with parameters other than the current ones. An unreadable one needs it.
func (h *Hasher) NeedsRehash(phc string) bool {
	s, err := parse(phc)
	return err != nil || s.params != h.params || len(s.salt) != saltBytes || len(s.hash) != hashBytes
}

// run computes one hash when a worker is free.
func (h *Hasher) run(ctx context.Context, text string, p Params, salt []byte, size uint32) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := h.queue.enter(ctx, turnOf(ctx)); err != nil {
		return nil, err
	}
	defer h.queue.leave()
	began := time.Now()
	hash := h.derive(text, p, salt, size)
	h.took.Store((7*h.took.Load() + int64(time.Since(began))) / 8) // a lost update does no harm
	return hash, nil
}
